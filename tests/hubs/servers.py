"""Hubs on this machine that speak the interfaces of Hugging Face and ModelScope, for their real clients."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

SHA = "0123456789abcdef0123456789abcdef01234567"


class Kept:
    """`files` of one repository by path; `stop_after` bytes of a file a download ends once; `got` are its requests."""

    def __init__(self, files: dict[str, bytes], license_name: str = "apache-2.0") -> None:
        self.files, self.license = files, license_name
        self.listed = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        self.stop_after: dict[str, int] = {}
        self.got: list[tuple[str, str, str]] = []
        self.uploaded: dict[str, bytes] = {}
        self.created: list[dict] = []


class Hub(BaseHTTPRequestHandler):
    kept: Kept
    protocol_version = "HTTP/1.1"

    def send(self, value, status=200, headers=()):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def file(self, path, headers=()):
        """A file or the rest of it from the byte of `Range`; ends early once where `stop_after` says so."""
        data, asked = self.kept.files.get(path), self.headers.get("Range", "")
        self.kept.got.append((self.command, path, asked))
        if data is None:
            self.send({"error": "Entry not found"}, 404, [("X-Error-Code", "EntryNotFound")])
            return
        start = int(re.match(r"bytes=(\d+)", asked)[1]) if asked else 0
        more = [*headers, ("Accept-Ranges", "bytes"), ("ETag", f'"{self.kept.listed[path]}"')]
        if asked:
            more.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        rest, most = data[start:], self.kept.stop_after.get(path)
        if self.command == "GET" and most is not None and len(rest) > most:
            del self.kept.stop_after[path]
            self.send_response(206 if asked else 200)
            for name, text in more:
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[:most])
            self.wfile.flush()
            self.close_connection = True
            return
        self.send(rest, 206 if asked else 200, more)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, *_):
        pass


class HuggingFace(Hub):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if found := re.match(r"/api/(?:models|datasets)/owner/tiny(?:/revision/.+)?$", path):
            files = [
                {
                    "rfilename": name,
                    "size": len(data),
                    "blobId": hashlib.sha1(data).hexdigest(),
                    **(
                        {"lfs": {"size": len(data), "sha256": self.kept.listed[name], "pointerSize": 100}}
                        if name.endswith(".safetensors")
                        else {}
                    ),
                }
                for name, data in self.kept.files.items()
            ]
            card = {"license": self.kept.license} if self.kept.license else {}
            self.send({"id": "owner/tiny", "sha": SHA, "siblings": files, "cardData": card, "private": False})
        elif re.match(r"/api/(?:models|datasets)/owner/tiny/tree/", path):
            self.send(
                [
                    {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                    for name, data in self.kept.files.items()
                ]
            )
        elif found := re.match(rf"/(?:datasets/)?owner/tiny/resolve/(?:{SHA}|main)/(.+)$", path):
            self.file(found[1], [("X-Repo-Commit", SHA)])
        else:
            self.send({"error": "Repository not found"}, 404, [("X-Error-Code", "RepoNotFound")])

    def do_POST(self):
        path, body = urlsplit(self.path).path, self.body()
        if path == "/api/repos/create":
            self.kept.created.append(json.loads(body))
            self.send({"url": f"http://{self.headers['Host']}/owner/new", "name": "owner/new"})
        elif "/preupload/" in path:
            files = json.loads(body)["files"]
            self.send({"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]})
        elif "/commit/" in path:
            for line in body.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    self.kept.uploaded[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            self.send(
                {
                    "success": True,
                    "commitOid": SHA,
                    "commitUrl": f"http://{self.headers['Host']}/owner/new/commit/{SHA}",
                }
            )
        else:
            self.send({"errors": [], "warnings": []})


class ModelScope(Hub):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path, query = unquote(urlsplit(self.path).path), parse_qs(urlsplit(self.path).query)
        if re.search(r"/(?:models|datasets)/owner/tiny/repo/(?:files|tree)$", path):
            page = int(query.get("PageNumber", ["1"])[0])
            files = [
                {"Path": name, "Name": name, "Size": len(data), "Sha256": self.kept.listed[name], "Type": "blob"}
                for name, data in self.kept.files.items()
            ]
            found = {"Files": files if page == 1 else [], "TotalCount": len(files)}
            self.send({"Code": 200, "Success": True, "Data": found})
        elif re.search(r"/(?:models|datasets)/owner/tiny/repo$", path):
            self.file(query["FilePath"][0])
        elif re.search(r"/(?:models|datasets)/owner/tiny$", path):
            data = {"id": "owner/tiny", "owner": "owner", "name": "tiny", "license": self.kept.license}
            self.send({"success": True, "Code": 200, "Success": True, "data": data, "Data": data})
        elif "revisions" in path:
            revisions = {"RevisionMap": {"Branches": [{"Revision": "master"}], "Tags": []}}
            self.send({"Code": 200, "Success": True, "Data": revisions})
        else:
            self.send({"success": False, "Code": 404, "Success": False, "message": "not found"}, 404)

    def do_POST(self):
        path, body = urlsplit(self.path).path, self.body()
        if path.endswith("/objects/batch"):
            objects = json.loads(body)["objects"]
            host = self.headers["Host"]
            found = [{**o, "actions": {"upload": {"href": f"http://{host}/put/{o['oid']}"}}} for o in objects]
            self.send({"Code": 200, "Success": True, "Data": {"objects": found}})
        elif "/commit/" in path:
            for action in json.loads(body)["actions"]:
                content = action.get("content", "")
                data = base64.b64decode(content) if action.get("encoding") == "base64" else content.encode()
                self.kept.uploaded[action["path"]] = self.kept.uploaded.pop(action.get("sha256", ""), data)
            self.send({"Code": 200, "Success": True, "Data": {"oid": SHA}})
        else:
            self.kept.created.append({"path": path, "body": body.decode("utf-8", "replace")})
            self.send({"Code": 200, "Success": True, "success": True, "Data": {"Id": 1}, "data": {}})

    def do_PUT(self):
        data = self.body()
        self.kept.uploaded[self.path.rpartition("/")[2]] = data
        self.send({"Code": 200, "Success": True})


class Running:
    """A hub that runs until the end of the `with`; `url` is its address."""

    def __init__(self, kind, kept):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Kept", (kind,), {"kept": kept}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
