#!/usr/bin/env python3
"""A server on loopback that misbehaves on demand, for the tests of factories that fetch.

    web.py DIR [PEM]   serves DIR/www; writes its port to DIR/port once it listens, and ends with its parent;
                       with TLS if PEM has a certificate and its key

Below DIR:
    www/…          files. They have an ETag and Last-Modified, ranges and conditions
    api/…          a recorded sensor API, see class Api
    faults         one line for each of the next requests, consumed from the top; "pass" is no fault:
                   STATUS [RETRY_AFTER]   an error
                   short                  half of the body, and the connection is closed
                   chunk                  the same with chunked encoding, without an end
                   slow SECONDS           an answer that comes late
                   drip SECONDS           headers at once, the body late
                   redirect URL           also to itself: a loop
                   body TEXT              200 with another body
                   gzip                   200, packed although nobody asked for it
                   norange, noetag        ranges, or ETag and Last-Modified, are unknown to the server
                   cap N                  no more than N bytes of the range that is asked for
                   shift                  the range after the one that is asked for
                   close                  no answer at all
                   cut                    half of the body, with nothing that says how long it is
    log            one line for each request: METHOD PATH and what is asked for
"""
import hashlib, http.server, json, os, ssl, sys, threading, time, urllib.parse, zlib, base64

root = os.path.abspath(sys.argv[1])
lock = threading.Lock()


def next_fault():
    with lock:
        path = os.path.join(root, "faults")
        try:
            lines = open(path).read().splitlines()
        except FileNotFoundError:
            return []
        with open(path + ".new", "w") as f:
            f.writelines(line + "\n" for line in lines[1:])
        os.replace(path + ".new", path)
        return lines[0].split(" ", 1) if lines else []


class Api:
    """api/credentials: "ID SECRET"; api/names.json; api/ID.json: {"page": READINGS a page and parameter,
    "parameters": [{"parameterId", "unitId", "readings": [[SECONDS, VALUE], …]}, …]}."""

    tokens = set()

    def answer(self, request, path, query, body):
        if path == "oauth/token":
            return self.token(request, body)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {}, b'{"error": "no token"}'
        if path == "v1/sispec/friendlynames":
            return 200, {}, open(os.path.join(root, "api/names.json"), "rb").read()
        words = path.split("/")
        if len(words) == 4 and words[:2] == ["v1", "locations"] and words[3] == "data":
            return self.readings(request, words[2], int(query.get("startTime", ["0"])[0]))
        return 404, {}, b"{}"

    def token(self, request, body):
        form = urllib.parse.parse_qs(body.decode())
        wanted = open(os.path.join(root, "api/credentials")).read().split()
        given = [form.get("client_id", [""])[0], form.get("client_secret", [""])[0]]
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            given = [urllib.parse.unquote_plus(x) for x in base64.b64decode(basic[6:]).decode().split(":", 1)]
        if given != wanted or form.get("grant_type") != ["client_credentials"]:
            return 401, {}, b'{"error": "invalid_client"}'
        token = "token-%d" % (len(self.tokens) + 1)
        self.tokens.add(token)
        return 200, {}, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": 600}).encode()

    def readings(self, request, location, start):
        recorded = json.load(open(os.path.join(root, "api", location + ".json")))
        size, at = recorded.get("page", 1000), int(request.headers.get("x-isi-start-page") or 0)
        more, parameters = False, []
        for p in recorded["parameters"]:
            wanted = [r for r in p["readings"] if r[0] >= start]
            more |= len(wanted) > (at + 1) * size
            page = [{"timestamp": t, "value": v} for t, v in wanted[at * size : (at + 1) * size]]
            parameters.append({**p, "customParameter": False, "readings": page})
        reply = {"locationId": int(location), "parameters": parameters}
        return 200, {"x-isi-next-page": str(at + 1)} if more else {}, json.dumps(reply).encode()


api = Api()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, headers, body, whole=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if whole is None else whole))
        self.end_headers()
        self.wfile.write(body)

    def find(self, fault, rest):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        if path.startswith("/api/"):
            return api.answer(self, path[5:], urllib.parse.parse_qs(url.query), self.sent)
        try:
            body = open(os.path.join(root, "www") + path, "rb").read()
        except OSError:
            return 404, {}, b"not here"
        if fault == "noetag":
            return 200, {}, body
        return self.condition(body, '"%s"' % hashlib.sha256(body).hexdigest()[:12], fault, int(rest or 0) if fault == "cap" else 0)

    def condition(self, body, etag, fault, cap):
        headers = {"ETag": etag, "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}
        if self.headers.get("If-None-Match") == etag:
            return 304, headers, b""
        wanted = self.headers.get("Range")
        if wanted is None or fault == "norange":
            return 200, headers, body
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) + (fault == "shift")
        if begin >= len(body):
            return 416, {**headers, "Content-Range": "bytes */%d" % len(body)}, b""
        part = body[begin : begin + cap] if fault == "cap" else body[begin:]
        headers["Content-Range"] = "bytes %d-%d/%d" % (begin, begin + len(part) - 1, len(body))
        return 206, headers, part

    def do_GET(self):
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open(os.path.join(root, "log"), "a") as f:
            asked = [n + "=" + self.headers[n] for n in ("Range", "If-None-Match", "x-isi-start-page", "X-Key") if n in self.headers]
            f.write(" ".join([self.command, self.path, *asked]) + "\n")
        fault, *rest = next_fault() or ["pass"]
        rest = rest[0] if rest else ""
        if fault.isdigit():
            return self.send(int(fault), {"Retry-After": rest} if rest else {}, b"no")
        if fault == "close":
            self.close_connection = True
            return self.wfile.flush()
        if fault == "redirect":
            return self.send(302, {"Location": rest}, b"")
        if fault == "slow":
            time.sleep(float(rest))
        status, headers, body = self.find(fault, rest)
        if fault == "body":
            status, body = 200, rest.encode()
        if fault == "gzip":
            headers["Content-Encoding"], body = "gzip", zlib.compress(body)
        if fault == "short":
            self.send(status, headers, body[: len(body) // 2], len(body))
            self.close_connection = True
        elif fault == "cut":
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "chunk":
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            half = body[: len(body) // 2]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
            self.close_connection = True
        elif fault == "drip":
            self.send(status, headers, body[:1], len(body))
            time.sleep(float(rest))
            self.close_connection = True
        else:
            self.send(status, headers, body)

    do_POST = do_GET


def end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda request, address: None  # a client that does not trust the certificate, or was killed
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(os.path.join(root, "port.new"), "w") as f:
    f.write(str(server.server_port))
os.replace(os.path.join(root, "port.new"), os.path.join(root, "port"))
server.serve_forever()
