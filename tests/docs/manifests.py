#!/usr/bin/python3
"""Takes examples/kubernetes apart, for examples-deploy.t. In the folder DIR it leaves

faults/CHECK        what is wrong, a line each; empty where nothing is
pods/NAME/run       a script that starts what its container does, in the container's environment and
                    what the script is given, NAME=VALUE...; paths of its volumes lie below
                    pods/NAME/root, and those that hold configuration are there
pods/NAME/probe     a script that does what its probes do

An Indexed Job has a pod for each index. usage: manifests.py DIR"""

import glob
import os
import re
import shlex
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
DRAIN_SECONDS = 10  # the preset of --drain-timeout; the pipeline has it, and the last event
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def found(pattern, path):
    return re.search(pattern, read(path), re.M)[1]


class Workload:
    """A Deployment, Job or CronJob."""

    def __init__(self, document):
        self.kind, self.name = document["kind"], document["metadata"]["name"]
        self.spec = document["spec"]
        if self.kind == "CronJob":
            self.spec = self.spec["jobTemplate"]["spec"]
        self.is_job = self.kind != "Deployment"
        self.pod = self.spec["template"]["spec"]
        (self.container,) = self.pod["containers"]  # more than one are more than this knows
        self.volumes = {volume["name"]: volume for volume in self.pod.get("volumes", [])}
        self.mounts = self.container.get("volumeMounts", [])

    def program(self):
        words = self.container["command"]
        return words[0] if words[0] != "sh" else re.search(r"^exec (\S+)", words[-1], re.M)[1]

    def indices(self):
        return range(self.spec["completions"]) if "completions" in self.spec else [None]


class Manifests:
    def __init__(self):
        self.kept, self.workloads = {}, []
        for path in sorted(glob.glob(f"{ROOT}/examples/kubernetes/*.yaml")):
            for document in yaml.safe_load_all(read(path)):
                kind, name = document["kind"], document["metadata"]["name"]
                if kind in ("ConfigMap", "Secret"):
                    data = document["data" if kind == "ConfigMap" else "stringData"]
                    self.kept[kind, name] = data
                else:
                    self.workloads.append(Workload(document))

    def value(self, workload, source):
        (how, where), = source.items()
        if how == "fieldRef":
            return workload.name
        kind = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}[how]
        return self.kept[kind, where["name"]][where["key"]]

    def environment(self, workload):
        values = {}
        for source in workload.container.get("envFrom", []):
            (how, where), = source.items()
            kind = {"configMapRef": "ConfigMap", "secretRef": "Secret"}[how]
            values.update(self.kept[kind, where["name"]])
        for row in workload.container.get("env", []):
            values[row["name"]] = row.get("value") or self.value(workload, row["valueFrom"])
        return values

    def content(self, volume):
        """The files of a volume that holds configuration; None: it is writable."""
        if "configMap" in volume:
            return self.kept["ConfigMap", volume["configMap"]["name"]]
        if "secret" in volume:
            return self.kept["Secret", volume["secret"]["secretName"]]
        return None if "emptyDir" in volume else {}


def differences(have, wanted, what):
    for name, value in wanted.items():
        if (have or {}).get(name) != value:
            yield f"{what}: {name} is {(have or {}).get(name)!r}, not {value!r}"


@check
def containers_are_locked_down(manifests):
    user = int(found(r"^USER (\d+):\d+$", "Containerfile"))
    pod = {"runAsNonRoot": True, "runAsUser": user, "seccompProfile": {"type": "RuntimeDefault"}}
    own = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
           "capabilities": {"drop": ["ALL"]}}
    for workload in manifests.workloads:
        yield from differences(workload.pod.get("securityContext"), pod, workload.name)
        yield from differences(workload.container.get("securityContext"), own, workload.name)
        yield from differences(workload.pod, {"automountServiceAccountToken": False},
                               workload.name)


@check
def resources_are_bounded(manifests):
    for workload in manifests.workloads:
        for bound in "requests", "limits":
            for name in "cpu", "memory":
                if name not in workload.container.get("resources", {}).get(bound, {}):
                    yield f"{workload.name}: {bound} has no {name}"


@check
def images_are_one_and_of_this_release(manifests):
    version = found(r"^VERSION = (\S+)", "Makefile")
    images = {workload.container["image"] for workload in manifests.workloads}
    for image in images:
        if not image.endswith(f"/tradepipe:{version}") or len(images) > 1:
            yield f"{image}, of {len(images)}"


def outcome(workload, status, disrupted=False):
    """What Kubernetes makes of a pod that failed: the first rule that matches decides."""
    for rule in workload.spec["podFailurePolicy"]["rules"]:
        codes = rule.get("onExitCodes")
        if not codes:
            (condition,) = rule["onPodConditions"]
            matches = disrupted and condition == {"type": "DisruptionTarget", "status": "True"}
        else:
            matches = (status in codes["values"]) == (codes["operator"] == "In")
            matches = matches and codes["containerName"] == workload.container["name"]
        if matches:
            return rule["action"]
    return "Count"


@check
def exit_codes_are_understood(manifests):
    for workload in manifests.workloads:
        if not workload.is_job:
            yield from differences(workload.pod, {"restartPolicy": "Always"}, workload.name)
            continue
        end = "FailIndex" if "backoffLimitPerIndex" in workload.spec else "FailJob"
        got = {status: outcome(workload, status) for status in (1, 2, 3, 143)}
        yield from differences(got, {1: "Count", 2: end, 3: end, 143: "Count"}, workload.name)
        if outcome(workload, 3, disrupted=True) != "Ignore":
            yield f"{workload.name}: a drained node counts"
        if not {"backoffLimit", "backoffLimitPerIndex"} & set(workload.spec):
            yield f"{workload.name}: attempts are not bounded"
        yield from differences(workload.pod, {"restartPolicy": "Never"}, workload.name)


@check
def streams_have_one_writer(manifests):
    for workload in manifests.workloads:
        if workload.kind == "Deployment":
            wanted = {"replicas": 1, "strategy": {"type": "Recreate"}}
            yield from differences(workload.spec, wanted, workload.name)
        elif workload.spec.get("completionMode") == "Indexed":
            symbols = manifests.environment(workload)["SYMBOLS"].split()
            if len(symbols) != workload.spec["completions"] or len(set(symbols)) != len(symbols):
                yield f"{workload.name}: {workload.spec['completions']} of {symbols}"
        elif workload.spec.get("completions", 1) != 1 or workload.spec.get("parallelism", 1) != 1:
            yield f"{workload.name}: more than one pod"


@check
def there_is_time_to_drain(manifests):
    for workload in manifests.workloads:
        if workload.pod.get("terminationGracePeriodSeconds", 30) <= 2 * DRAIN_SECONDS + 10:
            yield workload.name


@check
def volumes_are_there(manifests):
    for workload in manifests.workloads:
        places = {mount["mountPath"]: mount["name"] for mount in workload.mounts}
        if set(places.values()) != set(workload.volumes):
            yield f"{workload.name}: mounted are {places}"
        for place in "/tmp", "/run/tradepipe":
            volume = workload.volumes.get(places.get(place), {})
            if manifests.content(volume) is not None:
                yield f"{workload.name}: {place} is not writable"
        for volume in workload.volumes.values():
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{workload.name}: {volume['name']} has no bound"


@check
def probes_look_at_files_that_the_container_writes(manifests):
    for workload in manifests.workloads:
        probes = [workload.container.get(kind) for kind in ("startupProbe", "livenessProbe")]
        commands = [probe and probe["exec"]["command"] for probe in probes]
        if not commands[0] or commands[0] != commands[1]:
            yield f"{workload.name}: {commands}"
        for words in workload.container["command"], commands[0] or []:
            if "/run/tradepipe" not in " ".join(words):
                yield f"{workload.name}: no metrics in {words}"


@check
def variables_are_ones_that_are_read(manifests):
    for workload in manifests.workloads:
        program = workload.program()
        source = read(f"cmd/{program}.c")
        if program == "kafka-job":
            source += read("lib/net/kafka_config.c")
        known = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', source))
        known |= set(re.findall(r"\$([A-Z_]+)", workload.container["command"][-1]))
        for name, value in manifests.environment(workload).items():
            if name not in known:
                yield f"{workload.name}: {program} does not read {name}"
            if not isinstance(value, str):
                yield f"{workload.name}: {name} is no text: {value!r}"


@check
def secrets_are_placeholders(manifests):
    for (kind, name), data in manifests.kept.items():
        for key, value in data.items():
            if kind == "Secret" and value != "replace-me":
                yield f"{name}: {key}"
            if kind != "Secret" and re.search("PASSWORD$|SECRET|API_KEY", key):
                yield f"{name}: {key} belongs into a Secret"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_pod(manifests, workload, index, folder):
    values = manifests.environment(workload)
    if index is not None:
        values["JOB_COMPLETION_INDEX"] = str(index)

    def moved(text):
        for mount in workload.mounts:
            if mount["mountPath"] != "/tmp":
                text = text.replace(mount["mountPath"], f"{folder}/root{mount['mountPath']}")
        return text

    def script(*words):
        return 'exec env -i "PATH=$PATH" ' + " ".join(words) + "\n"

    def quoted(items):
        return shlex.join(moved(item) for item in items)

    for mount in workload.mounts:
        os.makedirs(f"{folder}/root{mount['mountPath']}", exist_ok=True)
        files = manifests.content(workload.volumes[mount["name"]]) or {}
        for name, text in files.items():
            write(f"{folder}/root{mount['mountPath']}/{name}", text)
    environment = quoted(f"{name}={value}" for name, value in values.items())
    command = quoted(workload.container["command"])
    probe = quoted(workload.container["livenessProbe"]["exec"]["command"])
    write(f"{folder}/run", script(environment, '"$@"', command))
    write(f"{folder}/probe", script(environment, probe))


def main(folder):
    manifests = Manifests()
    for function in CHECKS:
        lines = "".join(f"{fault}\n" for fault in function(manifests))
        write(f"{folder}/faults/{function.__name__.replace('_', ' ')}", lines)
    for workload in manifests.workloads:
        for index in workload.indices():
            name = workload.name if index is None else f"{workload.name}-{index}"
            write_pod(manifests, workload, index, f"{folder}/pods/{name}")


main(os.path.realpath(sys.argv[1]))
