"""What is around the processes: the command, what it prints, and the files for containers. Nothing is started."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from deploy import __main__ as command
from deploy import processes
from deploy.processes import DeployError, Site, serving, site_configuration

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def sleeper(seconds: float = 60) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])


def test_the_limit_of_a_request_is_the_apps_own_and_a_little() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    text = site_configuration([8501], address="0.0.0.0", port=80)
    assert f"client_max_body_size {settings['server']['maxUploadSize'] + 1}m;" in text


def test_every_process_has_a_cookie_of_its_own_and_all_others_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = site_configuration([8501, 8502, 8503], address="0.0.0.0", port=80, server_name="dates.example.org")
    second = text.partition("upstream process_2 {")[2].partition("}")[0]
    assert re.findall(r"server (\S+)( backup)?", second.replace(" fail_timeout=5s", "")) == [
        ("127.0.0.1:8502;", ""),
        ("127.0.0.1:8501", " backup"),
        ("127.0.0.1:8503", " backup"),
    ]
    assert '"~^101 .*:8503$" "attention_process=3; Path=/; HttpOnly; SameSite=Lax";' in text
    assert "listen 0.0.0.0:80;" in text and "server_name dates.example.org;" in text
    monkeypatch.setenv("ATTENTION_EMBEDDED_BY", "https://school.example")
    assert "SameSite=None; Secure" in site_configuration([8501], address="0.0.0.0", port=80)


@pytest.mark.parametrize(
    "wrong", [{"server_name": "a; return 200"}, {"server_name": "日本"}, {"address": "localhost; }"}, {"address": ""}]
)
def test_nothing_but_names_and_addresses_gets_into_the_configuration(wrong: dict[str, str]) -> None:
    with pytest.raises(DeployError, match="expected one like"):
        site_configuration([8501], port=80, **({"address": "127.0.0.1"} | wrong))


def test_the_command_prints_a_site_for_an_nginx_that_runs_already(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--print", "--processes", "3", "--port", "80", "--first-port", "9001"]) == 0
    printed = capsys.readouterr().out
    assert "upstream process_3" in printed and "127.0.0.1:9003" in printed and "daemon" not in printed
    assert command.main(["--print", "--server-name", "a b"]) == 1
    assert "'a b' is no name of a server" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--processes", "0"], ["--processes", "65"], ["--port", "0"], ["--port", "65530"]])
def test_numbers_that_cannot_be_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words)
    assert "expected 1 to" in capsys.readouterr().err


def test_without_nginx_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "find_nginx", lambda: None)
    with pytest.raises(DeployError, match="apt-get install nginx"), serving([8501], address="127.0.0.1", port=8080):
        pass


def test_what_ends_is_started_again_and_without_nginx_all_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[int] = []
    ended = threading.Event()

    def start(port: int, output: object) -> subprocess.Popen[bytes]:
        started.append(port)
        ended.set()
        return sleeper()

    monkeypatch.setattr(processes, "_start_app", start)
    gone = sleeper(0)
    gone.wait()
    site = Site("http://127.0.0.1:8080", [8501, 8502], [sleeper(), gone], sleeper())
    command.look_after(site, ended, seconds=0)
    assert started == [8502]
    assert "the app on port 8502 has ended and is started again" in capsys.readouterr().err
    assert site.nginx is not None
    processes._end([site.nginx, *site.apps])
    assert all(process.poll() is not None for process in site.apps)
    with pytest.raises(DeployError, match="nginx has ended"):
        site.mend()


def test_the_image_takes_what_is_there_and_all_that_ships() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    allowed = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(allowed)
    # `core` and `viz_app` read their own files; `deploy` starts both; everything else is for who works on it.
    assert {"core", "viz_app", "pretrained", "deploy", ".streamlit", "streamlit_app.py", "pyproject.toml"} <= {*copied}
    assert "--require-hashes" in text and re.search(r"^USER 10001", text, re.MULTILINE)


def test_variables_that_are_set_are_variables_that_there_are() -> None:
    documented = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    for name in ("Dockerfile", "compose.yaml", "kubernetes.yaml", "attention-steps.service"):
        for variable in re.findall(r"\bATTENTION_[A-Z_]+", (DEPLOY / name).read_text("utf-8")):
            assert f"`{variable}" in documented, f"{name}: {variable}"


def test_ports_and_users_agree() -> None:
    kubernetes, docker = ((DEPLOY / name).read_text("utf-8") for name in ("kubernetes.yaml", "Dockerfile"))
    (port,) = re.findall(r"EXPOSE (\d+)", docker)
    assert f"containerPort: {port}" in kubernetes and f'"80:{port}"' in (DEPLOY / "compose.yaml").read_text("utf-8")
    assert f"127.0.0.1:{port}/_stcore/health" in docker
    assert command._parser().parse_args([]).port == int(port)
    (user,) = set(re.findall(r"runAsUser: (\d+)", kubernetes))
    assert f"USER {user}:" in docker
