from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.desk.catalogues.unknowns import SourceRefused, from_collector, from_log, parse
from wire.catalogue import read_catalogue

CATALOGUE, _ = read_catalogue(
    "product: p\nversion: '1'\nmodules:\n  - code: M\n    name: {en: M}\n    errors:\n"
    "      - {code: M-1, level: 3, title: {en: x}, match: [{literal: no bill}]}\n"
)
ROWS = {
    "days": 14,
    "unknowns": [{"template": "no <*>", "product": "p", "count": 3, "sites": 2, "sample": "no 7", "more": 1}],
}


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.headers["authorization"] == "Bearer secret" and self.path.startswith(
            "/v1/unknowns?state=new&product=p"
        )
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(json.dumps(ROWS).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_asks_the_collector_for_new_ones_of_the_product(url: str) -> None:
    (unknown,) = from_collector(url, "secret", product="p", limit=5)
    assert (unknown.template, unknown.sample, unknown.count, unknown.sites) == ("no <*>", "no 7", 3, 2)
    with pytest.raises(SourceRefused, match="401"):
        from_collector(url, "wrong", product="p", limit=5)


def test_a_collector_that_is_away_is_told() -> None:
    with pytest.raises(SourceRefused, match="does not answer"):
        from_collector("http://127.0.0.1:9", "secret", product="p", limit=5)


def test_an_exported_answer_is_cut_to_product_and_limit() -> None:
    rows = {"unknowns": [{"template": str(number), "product": "pq"[number % 2]} for number in range(6)]}
    assert [found.template for found in parse(json.dumps(rows).encode(), product="p", limit=2)] == ["0", "2"]
    for raw in (b"{}", b"[", b"\xff", b'{"unknowns":[{"count":1}]}'):
        with pytest.raises(SourceRefused, match="no list"):
            parse(raw, product="p", limit=2)


def test_of_a_log_the_errors_without_a_code_by_frequency(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"INFO 1\nERROR no bill 1\nERROR no bread 1\nERROR no milk 1\nERROR no milk 2\r\nERROR \xff 1\n")
    found = from_log(log, CATALOGUE, limit=2)
    assert [(unknown.template, unknown.count, unknown.sample) for unknown in found] == [
        ("ERROR no milk <*>", 2, "ERROR no milk 1"),
        ("ERROR no bread <*>", 1, "ERROR no bread 1"),
    ]
    with pytest.raises(SourceRefused, match="cannot be read"):
        from_log(tmp_path / "none", CATALOGUE, limit=2)
