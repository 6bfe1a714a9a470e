"""Answers requests from a file of answers: server.py ANSWERS.json [PORT]. Needs nothing but Python.

The file is a list of {request: "METHOD /path?query", answers: [{status, headers, body, cut}]}; a segment of the path
may be a star. The answers of a request are given in their order, the last one again and again.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = "/v1"
NOT_HERE = {
    "status": 404,
    "headers": {"content-type": "application/json"},
    "body": '{"error": {"message": "no answer"}}',
}


def same(pattern, request):
    """Whether a request is the one that a pattern means."""
    wanted, asked = pattern.split("/"), request.split("/")
    return len(wanted) == len(asked) and all(one in ("*", two) for one, two in zip(wanted, asked, strict=True))


def serve(rows, port=0):
    """A server of these answers in a thread; its port is `server_address[1]`, what was asked is in `asked`."""
    counts = [0] * len(rows)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            request = f"{self.command} {self.path.removeprefix(BASE)}"
            server.asked.append(request)
            number = next((number for number, row in enumerate(rows) if same(row["request"], request)), None)
            answer = NOT_HERE
            if number is not None:
                answers = rows[number]["answers"]
                answer = answers[min(counts[number], len(answers) - 1)]
                counts[number] += 1
            self.send(answer)

        def send(self, answer):
            body = answer["body"].encode()
            self.send_response(answer["status"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            if "event-stream" in answer["headers"].get("content-type", ""):
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for part in body.split(b"\n\n"):
                    if part:
                        self.wfile.write(b"%x\r\n%s\n\n\r\n" % (len(part) + 2, part))
                if answer.get("cut"):
                    self.close_connection = True
                else:
                    self.wfile.write(b"0\r\n\r\n")
            else:
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *told):
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, address):
            pass  # a client that was cut off

    server = Quiet(("127.0.0.1", port), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        running = serve(json.load(source), int(sys.argv[2]) if len(sys.argv) > 2 else 8000)
    print(f"http://127.0.0.1:{running.server_address[1]}{BASE} (stop with Ctrl-C)")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        running.shutdown()
