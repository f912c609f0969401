"""The catalogues of nginx, MariaDB and Tomcat over what the real servers write when they are made to fail."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from agent.logs.scan import Scanner
from wire.catalogue.reading import read_catalogue

CATALOGUES = Path(__file__).parents[2] / "deploy" / "catalogues"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
MARIADB = shutil.which("mariadbd", path="/usr/sbin:/usr/bin")


TOMCAT = Path("/usr/share/tomcat10/bin/catalina.sh")
JAVA = shutil.which("java")


def codes_in(text: str, name: str) -> set[str]:
    catalogue, _ = read_catalogue((CATALOGUES / f"{name}.yaml").read_bytes())
    scanner = Scanner(catalogue)
    return {hit.code.error.code for line in text.splitlines() if (hit := scanner.find([line])) is not None}


def a_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def nginx_says(folder: Path, http: str, *, requests: int = 0, port: int = 0) -> str:
    """Run nginx in the foreground on this configuration, ask it a few things, and give its error log."""
    assert NGINX is not None
    log, pid = folder / "error.log", folder / "nginx.pid"
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; master_process off; pid {pid}; error_log {log} info; events {{}}"
    (folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {paths} {http} }}")
    argv = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(log)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if requests:
            for _ in range(requests):
                ask = ["/usr/bin/env", "python3", "-c", ASK, str(port)]
                subprocess.run(ask, check=True, timeout=20)
        else:
            server.wait(20)
    finally:
        server.terminate()
        server.wait(10)
    return log.read_text()


ASK = """
import socket, sys, time
deadline = time.monotonic() + 10
while True:
    try:
        link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
        break
    except OSError:
        assert time.monotonic() < deadline
        time.sleep(0.05)
link.sendall(b"GET /emr HTTP/1.0\\r\\n\\r\\n")
while link.recv(1000):
    pass
"""


@pytest.mark.skipif(NGINX is None, reason="needs nginx (Debian: nginx)")
def test_nginx_that_cannot_start_or_reach_what_is_behind(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = f"server {{ listen 127.0.0.1:{taken.getsockname()[1]}; }}"
        assert "NGX-BND-0001" in codes_in(nginx_says(tmp_path, busy), "nginx")
    assert codes_in(nginx_says(tmp_path, "sever {}"), "nginx") >= {"NGX-CFG-0001"}
    files = f"ssl_certificate {tmp_path}/no.pem; ssl_certificate_key {tmp_path}/no.key;"
    missing = f"server {{ listen 127.0.0.1:{a_port()} ssl; {files} }}"
    assert codes_in(nginx_says(tmp_path, missing), "nginx") >= {"NGX-CRT-0001"}
    port, closed = a_port(), a_port()
    proxy = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{closed}; }} }}"
    (tmp_path / "error.log").unlink()
    assert codes_in(nginx_says(tmp_path, proxy, requests=1, port=port), "nginx") == {"UPS-REF-0001"}


@pytest.mark.skipif(MARIADB is None, reason="needs MariaDB (Debian: mariadb-server)")
def test_mariadb_that_cannot_start(tmp_path: Path) -> None:
    assert MARIADB is not None
    argv = [
        MARIADB,
        "--no-defaults",
        f"--datadir={tmp_path}",
        f"--socket={tmp_path}/s",
        "--skip-networking",
        "--user=root",
    ]
    done = subprocess.run([*argv, "--sizee=1"], capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode != 0
    assert codes_in(done.stderr, "mariadb") >= {"MDB-ABT-0001"}


SERVER = """<Server port="-1"><Service name="Catalina"><Connector port="{port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
</Service></Server>"""
WEB = "<web-app><listener><listener-class>no.such.Listener</listener-class></listener></web-app>"


@pytest.mark.slow
@pytest.mark.skipif(not TOMCAT.exists() or JAVA is None, reason="needs Tomcat (Debian: tomcat10)")
def test_tomcat_without_its_port_and_with_a_broken_application(tmp_path: Path) -> None:
    for name in ("conf", "logs", "temp", "work", "webapps/bad/WEB-INF"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy("/etc/tomcat10/logging.properties", tmp_path / "conf")  # the format that Debian and Tomcat ship
    (tmp_path / "webapps/bad/WEB-INF/web.xml").write_text(WEB)
    with socket.socket() as taken, (tmp_path / "out.log").open("wb") as out:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (tmp_path / "conf/server.xml").write_text(SERVER.format(port=taken.getsockname()[1]))
        environment = {
            "CATALINA_BASE": str(tmp_path),
            "CATALINA_HOME": "/usr/share/tomcat10",
            "PATH": os.environ["PATH"],
        }
        server = subprocess.Popen([str(TOMCAT), "run"], stdout=out, stderr=out, env=environment)
        try:
            deadline = time.monotonic() + 40
            while "Server startup in" not in (text := (tmp_path / "out.log").read_text()):
                assert time.monotonic() < deadline, text
                threading.Event().wait(0.1)
        finally:
            server.terminate()
            server.wait(20)
    found = codes_in(text, "tomcat")
    assert found >= {"TCT-BND-0001", "TCT-DEP-0001", "TCT-RDY-0000"}
    assert "TCT-LSN-0000" not in found, "it would end the fault that is still there"


def test_a_quiet_log_has_no_code() -> None:
    assert codes_in("2026/11/24 10:00:00 [notice] 1#1: using the epoll event method", "nginx") == set()
