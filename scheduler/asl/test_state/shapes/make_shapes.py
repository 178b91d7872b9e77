#!/usr/bin/env python3
"""Writes SERVICE.json for each service that mocked results are held against: make_shapes.py, with botocore installed.

A file is {"operations": {"invoke": SHAPE}, "shapes": {NAME: SHAPE}}; a SHAPE is
    "s" "n" "i" "b"                        a string, number, whole number or boolean
    "*NAME"                                the shape of that name
    {"o": {MEMBER: SHAPE}, "r": [MEMBER]}  an object and its required members, names as Step Functions spells them
    {"l": SHAPE}  {"m": SHAPE}             a list, a map
    {"t": "s", "e": [VALUE], "min": N, "max": N}   a scalar with an enum or bounds (of a length for "s")
Whatever else (documents) is null: anything goes.
"""
import json
import pathlib

import botocore.session

# By the name that Step Functions has for the service; what botocore calls it, where that is another name.
SERVICES = {"athena": "", "batch": "", "bedrock": "", "bedrockruntime": "bedrock-runtime", "codebuild": "",
            "databrew": "", "dynamodb": "", "ecr": "", "ecs": "", "eks": "", "elasticmapreduce": "emr",
            "emr-containers": "", "emr-serverless": "", "events": "", "firehose": "", "glue": "",
            "kinesis": "", "kms": "", "lambda": "", "s3": "", "sagemaker": "", "sagemakerruntime": "sagemaker-runtime",
            "secretsmanager": "", "sns": "", "sqs": "", "ssm": "", "states": "stepfunctions", "sts": ""}
SCALARS = {"string": "s", "timestamp": "s", "blob": "s", "integer": "i", "long": "i", "float": "n", "double": "n",
           "boolean": "b"}
# Where AWS was recorded to use another bound than the model has by now (strict_mode_aws_sdk_lambda_get_function).
RECORDED = {("lambda", "MemorySize"): {"max": 10240}}


def capital(name):
    return name[:1].upper() + name[1:]


class Shapes:
    def __init__(self, service):
        self.service = service
        self.named = {}

    def of(self, shape):
        kind = shape.type_name
        if kind in SCALARS:
            rules = {key: shape.metadata[key] for key in ("min", "max") if key in shape.metadata}
            if shape.metadata.get("enum"):
                rules["e"] = shape.metadata["enum"]
            if kind == "timestamp" or not rules:
                return SCALARS[kind]
            rules.update(RECORDED.get((self.service, shape.name), {}))
            self.named.setdefault(shape.name, {"t": SCALARS[kind], **rules})
            return "*" + shape.name
        if shape.name not in self.named:
            self.named[shape.name] = None
            if kind == "structure" and not shape.metadata.get("document"):
                entry = {"o": {capital(name): self.of(member) for name, member in shape.members.items()}}
                if shape.required_members:
                    entry["r"] = [capital(name) for name in shape.required_members]
                self.named[shape.name] = entry
            elif kind == "list":
                self.named[shape.name] = {"l": self.of(shape.member)}
            elif kind == "map":
                self.named[shape.name] = {"m": self.of(shape.value)}
        return "*" + shape.name


def main():
    session = botocore.session.get_session()
    folder = pathlib.Path(__file__).resolve().parent
    for name, botocore_name in SERVICES.items():
        model = session.get_service_model(botocore_name or name)
        shapes = Shapes(name)
        operations = {}
        for operation in sorted(model.operation_names):
            output = model.operation_model(operation).output_shape
            if output is not None:
                operations[operation[:1].lower() + operation[1:]] = shapes.of(output)
        text = json.dumps({"operations": operations, "shapes": shapes.named}, separators=(",", ":"), sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
