"""The wheel, built and installed in an environment of its own, outside the checkout: face, commands, app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.error
import urllib.request
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def listed(name: str) -> list[str]:
    """The requirements that a file names itself."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and line[0] not in "#-"]


def test_the_project_needs_what_its_requirements_name():
    assert PROJECT["dependencies"] == listed("requirements.txt")
    assert set(EXTRAS["app"]) < set(PROJECT["dependencies"])
    assert EXTRAS["gpu"] == listed("requirements-gpu.txt")
    assert EXTRAS["dev"] == listed("requirements-dev.txt")


class Environment:
    """A virtual environment with the wheel in it, and a folder that is no checkout to run it from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        hidden = {"PYTHONPATH", "PYTHONHOME", "ATTENTION_RUNS"}
        variables = {name: value for name, value in os.environ.items() if name not in hidden}
        self.variables = variables | {"HOME": str(folder)}

    def run(self, *command: str) -> str:
        """What a command of the environment prints."""
        done = subprocess.run(
            [str(self.python.with_name(command[0])), *command[1:]],
            cwd=self.elsewhere, env=self.variables, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel in an empty environment.

    Its dependencies are those of the tests, lent by a path file, which takes a second; with INSTALL_DEPENDENCIES=1
    they are installed from their registry, which takes a minute, and which `.ci/run` leaves out.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv")
    environment = Environment(folder)
    lends = os.environ.get("INSTALL_DEPENDENCIES") != "1"
    install = [sys.executable, "-m", "pip", "--python", str(environment.python), "install", "--quiet", str(wheel)]
    subprocess.run(install + ["--no-deps"] * lends, check=True, timeout=600)
    if lends:
        packages = environment.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        (Path(packages) / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def test_the_face_and_the_shipped_parameters(installed):
    program = (
        "import core; from core import available_models, load_pretrained; "
        "print(core.__file__, available_models(), load_pretrained('date-attention').decode(['september 27, 1994']))"
    )
    printed = installed.run("python", "-c", program)
    assert printed.startswith(str(installed.folder)), "it is the installed one"
    assert printed.endswith("['date-attention', 'date-peeky', 'date-seq2seq'] ['1994-09-27']\n")


def test_the_command_line(installed):
    assert installed.run("attention-steps", "decode", "2/10/93") == "2/10/93 -> 1993-02-10\n"
    listed = installed.run("attention-steps", "--help")
    assert listed.startswith("usage: attention-steps ") and "open the app" in listed


def test_runs_are_kept_in_the_persons_own_folder(installed):
    installed.run("attention-steps", "runs")
    assert (installed.folder / ".attention-steps" / "runs" / "runs.sqlite3").is_file()


def test_the_app_answers_with_its_own_settings(installed):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    host, port = address.split(":")
    command = [str(installed.python.with_name("attention-steps")), "app", "--server.headless=true"]
    command += [f"--server.address={host}", f"--server.port={port}"]
    log = installed.folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=installed.elsewhere, env=installed.variables, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            assert _first_answer(f"http://{address}/_stcore/health", server, log) == "ok"
        finally:
            os.killpg(server.pid, 15)
            server.wait(timeout=30)
    # Streamlit says so at its start, unless .streamlit/config.toml is found beside the script.
    assert "Collecting usage statistics" not in log.read_text()


def test_the_page_has_its_styles_scripts_and_languages(installed):
    program = (
        "import viz_app; from pathlib import Path; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file(Path(viz_app.__file__).with_name('main.py'), default_timeout=60)\n"
        "app.query_params['lang'] = 'ko'\n"
        "app.run()\n"
        "assert not app.exception and len(app.get('bidi_component')) == 3\n"
        "print(app.toggle('what_if').label)"
    )
    assert installed.run("python", "-c", program) == "만약에…?\n"


def _first_answer(url: str, server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the app did not answer; its log:\n{log.read_text()}")
