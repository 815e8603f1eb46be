"""What other programs read to run pcisolve: it is of their form, and the commands in it do what is said of them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lsp.client import Editor
from tests.support import balloon, domain, rng

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = (ROOT / "docs" / "pipelines.md").read_text()
SOUND = domain("q35", rng())
CLASH = domain("q35", rng("0:0:5.0") + balloon("0:0:5.0"))


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script as the runners of pipelines run it: by bash, which ends at the first command that fails."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def guests(tmp_path: Path) -> Path:
    folder = tmp_path / "guests"
    folder.mkdir()
    (folder / "sound.xml").write_bytes(SOUND)
    (folder / "a clash.xml").write_bytes(CLASH)
    return tmp_path


def hooks() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return found


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_pre_commit_hook(hook: dict[str, Any], guests: Path) -> None:
    known = {"id", "name", "description", "entry", "language", "files", "types", "types_or", "require_serial"}
    assert set(hook) <= known and hook["language"] == "python"
    assert re.search(hook["files"], "guests/a.xml") and not re.search(hook["files"], "src/pom.xml")
    words = shlex.split(hook["entry"])
    assert shell(shlex.join([*words, "guests/sound.xml"]), guests).returncode == 0
    before = (guests / "guests" / "a clash.xml").read_bytes()
    ended = shell(shlex.join([*words, "guests/a clash.xml"]), guests)
    changed = (guests / "guests" / "a clash.xml").read_bytes() != before
    assert ended.returncode or changed  # what changes a file has failed too, for pre-commit
    assert not changed or "--fix" in words


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return found


def resolved(value: str, inputs: dict[str, str], folder: Path) -> str:
    """A value with GitHub's expressions replaced, as far as the action has any."""

    def one(found: re.Match[str]) -> str:
        kind, _, name = found[1].partition(".")
        if kind == "inputs":
            return inputs[name]
        assert found[1] in ("github.action_path", "steps.check.outputs.code")
        if kind == "github":
            return str(ROOT)
        return re.findall(r"code=(\d+)", (folder / "output").read_text())[-1]

    return re.sub(r"\$\{\{ ([\w.]+) \}\}", one, value)


@pytest.mark.parametrize(("files", "code"), [("guests/s*.xml", 0), ("guests/*.xml", 1), ("$(touch owned) none.xml", 2)])
def test_the_action_writes_sarif_and_fails_as_check_does(files: str, code: int, guests: Path) -> None:
    described = action()
    assert described["runs"]["using"] == "composite"
    defaults = {name: one.get("default", "") for name, one in described["inputs"].items()}
    inputs = {**defaults, "files": files, "options": "--libvirt 9.0.0"}
    ended = None
    for step in described["runs"]["steps"]:
        assert "run" in step or re.fullmatch(r"[\w-]+(/[\w-]+)+@v\d+", step["uses"])
        if "run" not in step or step["name"] == "Install":
            continue
        assert step["shell"] == "bash" and "${{" not in step["run"]  # nothing of an input becomes a command
        words = {name: resolved(value, inputs, guests) for name, value in step["env"].items()}
        ended = shell(step["run"], guests, GITHUB_OUTPUT=str(guests / "output"), **words)
        assert step["name"] == "Result" or ended.returncode == 0, ended.stderr
    assert ended is not None and ended.returncode == code
    results = json.loads((guests / "pcisolve.sarif").read_text())["runs"][0]["results"]
    assert bool(results) == (code != 0)
    assert not (guests / "owned").exists()


def test_the_action_installs_this_folder() -> None:
    (step,) = [one for one in action()["runs"]["steps"] if one.get("name") == "Install"]
    assert step["run"] == 'python -m pip install --quiet "$ACTION_PATH"' and (ROOT / "pyproject.toml").is_file()


@pytest.mark.parametrize(("files", "code"), [("guests/s*.xml", 0), ("guests/*.xml", 1)])
def test_the_gitlab_component(files: str, code: int, guests: Path) -> None:
    head, body = yaml.safe_load_all((ROOT / "templates" / "pcisolve.yml").read_text())
    inputs = head["spec"]["inputs"]
    job = body["pcisolve"]
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", json.dumps(body))) == set(inputs)
    ended = shell("\n".join(job["script"]), guests, FILES=files, OPTIONS="")
    assert ended.returncode == code
    for path in job["artifacts"]["paths"]:
        assert json.loads((guests / path).read_text())["version"] == "2.1.0"


def test_the_image_is_made_from_what_is_here_and_runs_as_nobody() -> None:
    text = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "USER", "ENTRYPOINT", "CMD"}
    assert {line[0] for line in lines} <= known
    assert ["ARG", "DEPENDENCIES=runtime"] in lines
    for line in lines:
        if line[0] == "COPY" and not line[1].startswith("--from"):
            for locked in ("runtime", "core"):
                sources = [source.replace("${DEPENDENCIES}", locked) for source in line[1:-1]]
                assert all((ROOT / source).exists() for source in sources), line
    packaged = set(re.findall(r'"([\w./]+)"', (ROOT / "pyproject.toml").read_text())) & {"README.md", "LICENSE"}
    copied = {word for line in lines if line[0] == "COPY" for word in line[1:-1]}
    assert {"pcisolve", "models", "pyproject.toml", "setup.py", *packaged} <= copied
    (user,) = [line[1] for line in lines if line[0] == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    last = [index for index, line in enumerate(lines) if line[0] == "FROM"][-1]
    assert not [line for line in lines[last:] if line[0] == "RUN"]  # nothing runs as root in what is kept
    assert json.loads(" ".join(next(line[1:] for line in lines if line[0] == "ENTRYPOINT"))) == ["pcisolve"]


def test_the_extension_starts_the_server_and_reads_the_settings_that_it_has() -> None:
    pytest.importorskip("pygls")
    folder = ROOT / "editors" / "vscode"
    manifest, source = json.loads((folder / "package.json").read_text()), (folder / "extension.js").read_text()
    settings = manifest["contributes"]["configuration"]["properties"]
    assert {f"pcisolve.{name}" for name in re.findall(r'settings\.get\("(\w+)"\)', source)} == set(settings)
    assert (folder / manifest["main"]).is_file()
    assert "vscode-languageclient" in manifest["dependencies"]
    program, *words = settings["pcisolve.command"]["default"]
    assert [program, *words] == ["pcisolve", "lsp"]
    options = {name: settings[f"pcisolve.{name}"]["default"] for name in ("timeLimit", "libvirt")}
    with Editor(options={**options, "debounce": 0.0}) as editor:
        editor.open("file:///guest.xml", CLASH.decode())
        assert [one["code"] for one in editor.diagnostics("file:///guest.xml", 1)] == ["addr-duplicate"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_extension_is_javascript() -> None:
    source = ROOT / "editors" / "vscode" / "extension.js"
    assert subprocess.run(["node", "--check", source], capture_output=True, check=False, timeout=60).returncode == 0


def test_the_examples_of_the_page_name_what_there_is() -> None:
    blocks = [yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", PIPELINES, re.DOTALL)]
    pre_commit, github, gitlab = blocks
    assert {one["id"] for one in pre_commit["repos"][0]["hooks"]} <= {one["id"] for one in hooks()}
    needed = {name for name, one in action()["inputs"].items() if one.get("required")}
    assert needed <= set(github["steps"][-1]["with"]) <= set(action()["inputs"])
    inputs = next(yaml.safe_load_all((ROOT / "templates" / "pcisolve.yml").read_text()))["spec"]["inputs"]
    needed = {name for name, one in inputs.items() if "default" not in (one or {})}
    assert needed <= set(gitlab["include"][0]["inputs"]) <= set(inputs)


@pytest.mark.parametrize("kind", ["libvirt", "kubevirt"])
def test_the_scripts_of_the_page_hand_their_arguments_on(kind: str, tmp_path: Path) -> None:
    (script,) = [one for one in re.findall(r"```sh\n(#!.*?)```", PIPELINES, re.DOTALL) if f"hook {kind}" in one]
    path = tmp_path / "hook"
    path.write_text(script)
    words = {"libvirt": "vm prepare begin -", "kubevirt": "--vmi '{}' --domain \"$(cat in.xml)\""}[kind]
    for data, code in ((SOUND, 0), (CLASH, 1)):
        (tmp_path / "in.xml").write_bytes(data)
        ended = shell(f"sh ./hook {words} < in.xml", tmp_path)
        assert ended.returncode == code
        assert ended.stdout.startswith("<domain") == (kind == "kubevirt" and code == 0)
