#!/usr/bin/env python3
"""Checks the chart without a cluster: check.py [--helm PATH...].

For each set of values in pawl/ci: `helm lint --strict`, the rendered objects against Kubernetes' own schemas (the PyPI
package kubernetes-validate) of the oldest and newest supported version, and what the chart promises about pods. Then
values that must be refused. All of it with each helm given. Ends with "N passed, N failed".
"""
import argparse
import contextlib
import io
import pathlib
import subprocess
import sys

import kubernetes_validate
import yaml

CHART = pathlib.Path(__file__).resolve().parent / "pawl"
KUBERNETES_VERSIONS = ["1.25", "1.34"]
# Kinds whose definitions come with an operator, so Kubernetes' own schemas do not know them.
CUSTOM_KINDS = {"PodMonitor"}

# Values that the chart must refuse, with a word that the error must hold.
REFUSED = {
    "no secret for PostgreSQL": ([], "existingSecret"),
    "an unknown key": (["postgres.existingSecret=x", "sheduler.replicas=2"], "sheduler"),
    "replicas that are no number": (["postgres.existingSecret=x", "scheduler.replicas=many"], "replicas"),
    "a negative number of replicas": (["postgres.existingSecret=x", "scheduler.replicas=-1"], "replicas"),
    "a fleet without a name": (["postgres.existingSecret=x", "fleets[0].replicas=1"], "name"),
    "a fleet name with capitals": (["postgres.existingSecret=x", "fleets[0].name=GPU"], "name"),
    "two fleets of one name": (["postgres.existingSecret=x", "fleets[0].name=a", "fleets[1].name=a"], "twice"),
    "an unknown pull policy": (["postgres.existingSecret=x", "image.pullPolicy=Sometimes"], "pullPolicy"),
}


class Runner:
    """Runs named checks; a check raises AssertionError or returns."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, function, *arguments):
        try:
            function(*arguments)
            self.passed += 1
        except AssertionError as error:
            self.failed += 1
            print(f"failed: {name}: {error}")


def helm(*arguments):
    return subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, check=False)


def render(*arguments, version=KUBERNETES_VERSIONS[-1]):
    result = helm("template", "release", CHART, "--kube-version", version, *arguments)
    assert result.returncode == 0, result.stderr.strip()
    return [document for document in yaml.safe_load_all(result.stdout) if document]


def lints(values):
    result = helm("lint", "--strict", "--kube-version", KUBERNETES_VERSIONS[-1], CHART, "--values", values)
    assert result.returncode == 0, result.stdout + result.stderr


def fits_kubernetes(values, version):
    for document in render("--values", values, version=version):
        if document["kind"] in CUSTOM_KINDS:
            continue
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            raise AssertionError(f"{document['kind']} {document['metadata']['name']}: {error.message}") from error


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def names_are_unique(documents):
    names = [(document["kind"], document["metadata"]["name"]) for document in documents]
    assert len(names) == len(set(names)), f"an object is rendered twice: {sorted(names)}"
    for _, name in names:
        assert len(name) <= 63, f"{name} is longer than 63 characters"


def pods_are_probed_and_unprivileged(documents):
    for deployment in of_kind(documents, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        container = pod["containers"][0]
        name = deployment["metadata"]["name"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports["ops"] == (9333 if name.endswith("-scheduler") else 9334), f"{name}: operations port {ports}"
        told = container.get("args", []) + [f"{v['name']}={v.get('value')}" for v in container["env"]]
        assert {f"--ops-port={ports['ops']}", f"PAWL_OPS_PORT={ports['ops']}"} & set(told), f"{name}: another port is set"
        for probe, path in [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz"), ("startupProbe", "/healthz")]:
            assert container[probe]["httpGet"] == {"path": path, "port": "ops"}, f"{name}: {probe}"
        assert pod["securityContext"]["runAsNonRoot"] is True, f"{name} may run as root"
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, f"{name} may write its image"
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], f"{name} keeps capabilities"
        assert pod["automountServiceAccountToken"] is False, f"{name} gets a token that it does not need"
        assert container["resources"].get("requests"), f"{name} requests no resources"


def selectors_find_their_pods(documents):
    """Each Service and budget selects the pods of exactly one Deployment."""
    labels = {d["metadata"]["name"]: d["spec"]["template"]["metadata"]["labels"]
              for d in of_kind(documents, "Deployment")}
    selectors = [(d["kind"], d["metadata"]["name"], d["spec"]["selector"]) for d in of_kind(documents, "Service")]
    selectors += [(d["kind"], d["metadata"]["name"], d["spec"]["selector"]["matchLabels"])
                  for d in of_kind(documents, "PodDisruptionBudget")]
    for kind, name, selector in selectors:
        found = [deployment for deployment, pod in labels.items() if selector.items() <= pod.items()]
        assert found == [name], f"{kind} {name} selects {found}"
    budgets = [name for kind, name, _ in selectors if kind == "PodDisruptionBudget"]
    assert sorted(budgets) == sorted(labels), "not every Deployment has a budget"


def accounts_exist_or_are_named(documents):
    made = {account["metadata"]["name"] for account in of_kind(documents, "ServiceAccount")}
    used = {d["spec"]["template"]["spec"]["serviceAccountName"] for d in of_kind(documents, "Deployment")}
    assert made <= used, f"accounts that nobody uses: {made - used}"
    assert used - made <= {"pawl", "trainer"}, f"accounts that nobody makes: {used - made}"


def scheduler_takes_the_secret_by_reference(documents):
    deployment, = [d for d in of_kind(documents, "Deployment") if d["metadata"]["name"].endswith("-scheduler")]
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environment[0]["name"] == "PAWL_POSTGRES" and "secretKeyRef" in environment[0]["valueFrom"]
    assert not of_kind(documents, "Secret"), "the chart stores a secret"


def workers_find_the_scheduler(documents):
    service, = of_kind(documents, "Service")
    address = f"{service['metadata']['name']}:7333"
    for deployment in of_kind(documents, "Deployment"):
        if deployment["metadata"]["name"].endswith("-scheduler"):
            continue
        environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {"name": "PAWL_SCHEDULER", "value": address} in environment, f"{deployment['metadata']['name']}: {environment}"


def settings_become_flags():
    documents = render("--set", "postgres.existingSecret=x", "--set", "scheduler.settings.lease=10s",
                       "--set", "scheduler.settings.big=1000000")
    deployment, = [d for d in of_kind(documents, "Deployment") if d["metadata"]["name"].endswith("-scheduler")]
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments[-2:] == ["--big=1000000", "--lease=10s"], arguments


def refuses(settings, word):
    arguments = [argument for setting in settings for argument in ("--set", setting)]
    result = helm("template", "release", CHART, "--kube-version", KUBERNETES_VERSIONS[-1], *arguments)
    assert result.returncode != 0, "was accepted"
    assert word in result.stderr, f"expected \"{word}\" in the error, found: {result.stderr.strip()}"


PROMISES = [names_are_unique, pods_are_probed_and_unprivileged, selectors_find_their_pods, accounts_exist_or_are_named,
            scheduler_takes_the_secret_by_reference, workers_find_the_scheduler]


def check_all(runner):
    value_sets = sorted((CHART / "ci").glob("*-values.yaml"))
    assert len(value_sets) >= 3, "expected three sets of values in pawl/ci"
    for values in value_sets:
        runner.check(f"{values.name} lints", lints, values)
        for version in KUBERNETES_VERSIONS:
            runner.check(f"{values.name} fits Kubernetes {version}", fits_kubernetes, values, version)
        documents = render("--values", values)
        for promise in PROMISES:
            runner.check(f"{values.name}: {promise.__name__}", promise, documents)
    runner.check("settings become flags", settings_become_flags)
    for name, (settings, word) in REFUSED.items():
        runner.check(f"refuses {name}", refuses, settings, word)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--helm", nargs="+", default=["helm"])
    RUNNER = Runner()
    for HELM in parser.parse_args().helm:
        print("with", helm("version", "--short").stdout.strip())
        check_all(RUNNER)
    print(f"{RUNNER.passed} passed, {RUNNER.failed} failed")
    sys.exit(1 if RUNNER.failed else 0)
