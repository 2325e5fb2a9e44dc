# SPDX-License-Identifier: Apache-2.0
"""Reels on a real Dask scheduler over TLS, with workers of which one is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_run import DONE, MTOR, assert_one_line, environment, files_in, mtor
from long_films import long_film

from mtor_transcode import api
from mtor_transcode.jobs import cluster

distributed = pytest.importorskip("distributed", reason="pip install mtor-transcode[cluster]")
pytest.importorskip("cryptography", reason="certificates are made with it")

OPTIONS: dict[str, Any] = {"mode": "vector", "preset": "fast", "quality": 30.0, "audio": "none"}
WORDS = ("--mode", "vector", "--preset", "fast", "--quality", "30", "--audio", "none")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Dask's settings for fresh certificates."""
    folder = tmp_path_factory.mktemp("tls")
    made = distributed.Security.temporary()
    authority, certificate, key = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.write_text(made.tls_ca_file)
    certificate.write_text(made.tls_worker_cert)
    key.write_text(made.tls_worker_key)
    prefix = "DASK_DISTRIBUTED__COMM__"
    roles = {
        f"{prefix}TLS__{role}__{kind}": str(path)
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for kind, path in (("CERT", certificate), ("KEY", key))
    }
    return {f"{prefix}REQUIRE_ENCRYPTION": "true", f"{prefix}TLS__CA_FILE": str(authority), **roles}


@pytest.fixture
def address(tls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    common = ["--scheduler-file", str(told), "--no-dashboard", "--protocol", "tls"]
    commands = [
        ["dask_scheduler", *common, "--port", "0", "--host", "127.0.0.1"],
        *[["dask_worker", *common, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]] * 2,
    ]
    running = []
    try:
        for command in commands:
            while len(running) == 1 and not told.exists():
                assert running[0].poll() is None
                time.sleep(0.1)
            words = [sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]]
            quiet = subprocess.DEVNULL
            running.append(subprocess.Popen(words, env=environment(**tls), stdout=quiet, stderr=quiet))
        yield json.loads(told.read_text())["address"]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _client(address: str, tls: dict[str, str]) -> Any:
    certificate, key = (tls[f"DASK_DISTRIBUTED__COMM__TLS__CLIENT__{kind}"] for kind in ("CERT", "KEY"))
    security = distributed.Security(
        tls_ca_file=tls["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"],
        tls_client_cert=certificate,
        tls_client_key=key,
        require_encryption=True,
    )
    return distributed.Client(address, security=security, set_as_default=False, timeout=60)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(address: str, tls: dict[str, str], tmp_path: Path) -> None:
    assert address.startswith("tls://")
    source = long_film(tmp_path / "film.mp4", scenes=4)
    api.transcode(source, tmp_path / "alone.mtor", **OPTIONS)
    out = tmp_path / "out.mtor"
    with _client(address, tls) as client:
        client.wait_for_workers(2, timeout=120)
        pids = client.run(os.getpid)
        assert len(set(pids.values())) == 2
        running = subprocess.Popen(
            [MTOR, "transcode", source, "-o", out, *WORDS, "--scheduler", address],
            env=environment(**tls), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        busy: list[str] = []
        while not busy:
            assert running.poll() is None, running.communicate()[1]
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            time.sleep(0.05)
        os.kill(pids[busy[0]], signal.SIGKILL)
        _, said = running.communicate(timeout=240)
        assert running.returncode == DONE, said
        assert len(client.scheduler_info()["workers"]) == 1, "the worker was not killed"
    assert out.read_bytes() == (tmp_path / "alone.mtor").read_bytes()
    assert files_in(tmp_path) == {"film.mp4", "alone.mtor", "out.mtor"}


@pytest.mark.slow
def test_a_scheduler_that_is_not_there(tmp_path: Path) -> None:
    source = long_film(tmp_path / "film.mp4", scenes=2)
    done = mtor(
        "transcode", source, "-o", tmp_path / "out.mtor", *WORDS, "--scheduler", "tcp://127.0.0.1:9",
        timeout=240,
    )  # fmt: skip
    assert_one_line(done, 1, "tcp://127.0.0.1:9", "cannot be reached")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"mtor-transcode\[cluster\]"):
        cluster.Cluster("tcp://127.0.0.1:9")
