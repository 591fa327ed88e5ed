"""A command run under strace, and what it did: addresses it turned to, files it wrote.

Linux only. The environment is one nobody has used: an empty HOME and TMPDIR, and none of the variables that sqlwright
sets for itself, so that the process has to set them again.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlwright.telemetry import SWITCHES

DNS_PORT = 53
# onnxruntime sends nothing where one of these is set. A user's machine has none of them.
CI_VARIABLES = (
    *("CI", "APPVEYOR", "BUILDKITE", "CIRCLECI", "CODEBUILD_BUILD_ID", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL"),
    *("TEAMCITY_VERSION", "TF_BUILD", "TRAVIS"),
)
STAY_S = 30  # onnxruntime looked its host up nine seconds after it was loaded
# The command line, in a process that lives on after the command has ended.
PROGRAM = """
import sys, time
from sqlwright.cli.main import main
stay_s = float(sys.argv.pop(1))
try:
    main()
except SystemExit as end:
    time.sleep(stay_s)
    raise
"""
_CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat"
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
_WRITTEN = re.compile(
    r'(?:open|openat|creat|mkdir|mkdirat)\((?:[^"]*<(?P<at>[^>]*)>, )?"(?P<path>[^"]*)"(?P<rest>.*)= \d'
)
_OURS = "sqlwright"


@dataclass(frozen=True)
class Seen:
    """`status` is the command's exit code, `output` what it printed to both streams."""

    status: int
    output: str
    remote: tuple[str, ...]
    strange_files: tuple[str, ...]


def reason_not_to_watch() -> str:
    """Empty where strace can follow a process here."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-o", os.devnull, "true"], capture_output=True, text=True, check=False
    )
    return f"strace cannot follow a process here: {done.stderr.strip()}" if done.returncode else ""


class Watched:
    """The command `arguments` of sqlwright, or another `program` in Python, started in `folder`.

    It may write into `folder` and below; of the HOME there, into what is named after sqlwright.
    """

    def __init__(self, folder: Path, *arguments: object, program: str = PROGRAM, **environment: str) -> None:
        self.folder, self.trace = folder, folder / "strace.txt"
        for name in ("home", "tmp"):
            (folder / name).mkdir(exist_ok=True)
        self.printed = (folder / "printed.txt").open("w+", encoding="utf-8")
        strace = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "400", "-o", str(self.trace), "-e", f"trace={_CALLS}"]
        self.process = subprocess.Popen(
            [*strace, sys.executable, "-c", program, str(STAY_S), *map(str, arguments)],
            cwd=folder,
            env={**_new_environment(folder), **environment},
            stdout=self.printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def text(self) -> str:
        return Path(self.printed.name).read_text(encoding="utf-8")

    def end(self) -> Seen:
        """Wait for the command."""
        return self._seen(self.process.wait())

    def stop(self) -> Seen:
        """End a server. strace itself ignores the signal and ends with what it follows."""
        os.killpg(self.process.pid, signal.SIGTERM)
        return self._seen(self.process.wait())

    def _seen(self, status: int) -> Seen:
        self.printed.close()
        lines = self.trace.read_text(encoding="utf-8", errors="replace").splitlines()
        remote = {address for line in lines for address in _remote(line)}
        files = {path for line in lines for path in _written(line, self.folder)} | set(
            map(str, (self.folder / "home").rglob("*"))
        )
        strange = {path for path in files if not _may_write(Path(path), self.folder)}
        return Seen(status, self.text(), tuple(sorted(remote)), tuple(sorted(strange)))


def _new_environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {*SWITCHES, *CI_VARIABLES} and not name.startswith(("XDG_", "HF_", "SQLWRIGHT_", "PYTEST_"))
    }
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **own}


def _remote(line: str) -> list[str]:
    """The address of another machine that a call names, or of any name server."""
    return [
        f"{host}:{port}"
        for port, host in _ADDRESS.findall(line)
        if int(port) == DNS_PORT or not ipaddress.ip_address(host).is_loopback
    ]


def _written(line: str, folder: Path) -> list[str]:
    """Paths that a call writes to; a relative one of a call without a directory is below `folder`, where it runs."""
    match = _WRITTEN.search(line)
    if match is None:
        return []
    reads = "O_RDONLY" in match["rest"] or "O_PATH" in match["rest"]
    if reads and "O_CREAT" not in match["rest"]:
        return []
    return [os.path.normpath(Path(match["at"] or folder, match["path"]))]


def _may_write(path: Path, folder: Path) -> bool:
    """Devices and processes, the folder of the test, and below its HOME what is named after us, or leads there."""
    home = folder / "home"
    if not path.is_relative_to(home):
        return path.is_relative_to(folder) or path.is_relative_to("/dev") or path.is_relative_to("/proc")
    if any(part.startswith(_OURS) for part in path.relative_to(home).parts):
        return True
    return path == home or any(path.rglob(f"{_OURS}*"))
