"""An API of one call that checks tokens with Python's standard library alone: run it as ../README.md says.

The library verifies no ECDSA signatures, so JWTs are asked about like sealed tokens.
"""

import base64
import collections
import hashlib
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ISSUER, CLIENT_ID, CLIENT_SECRET = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
BOUND = 5.0  # for so long memory may decide without news of the feed
MAX_AGE = 60.0  # for so long an answer about a token is kept
SETTLE = 2.0  # for so long after a change another node's answer may be older
MOST = 10_000  # answers that are kept

BASIC = "Basic " + base64.b64encode(f"{urllib.parse.quote_plus(CLIENT_ID)}:{urllib.parse.quote_plus(CLIENT_SECRET)}".encode()).decode()
now = time.monotonic  # a clock that nobody sets back


def ask(path, timeout, headers=None, form=None):
    request = urllib.request.Request(ISSUER + path, headers={"Authorization": BASIC, **(headers or {})},
                                     data=None if form is None else urllib.parse.urlencode(form).encode())
    return urllib.request.urlopen(request, timeout=timeout)


class Feed:
    """What the revocation feed told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.revoked, self.changed = collections.OrderedDict(), collections.OrderedDict()  # (of, id) -> when it was heard
        self.everything = self.as_of = float("-inf")
        self.place, self.keep = "", 24 * 3600

    def current(self):
        return now() - self.as_of < BOUND

    def take(self, event, place, data, opened):
        told = json.loads(data) if data else {}
        with self.lock:
            if event == "hello":
                self.keep = told["keep_s"]
            elif event == "reset":
                self.everything, self.as_of, self.place = now(), float("-inf"), ""
            elif event == "current":
                # Not when it came but when it was written: somebody on the way may hold it back.
                written = min(now(), opened + told.get("since_hello_ms", float("inf")) / 1000)
                self.as_of = written - told["lag_ms"] / 1000
                if now() - written >= BOUND:
                    raise ValueError("somebody on the way holds the feed back")
            elif event in ("revoked", "changed") and told.get("id"):
                heard = getattr(self, event)
                heard[told["of"], told["id"]] = now()
                heard.move_to_end((told["of"], told["id"]))
            elif event:
                self.everything = now()  # of: "everything", and what this program is too old to understand
            if place:
                self.place = place
            for heard in (self.revoked, self.changed):
                while heard and now() - next(iter(heard.values())) > self.keep:
                    heard.popitem(last=False)

    def read(self):
        """One stream, to its end. A second without a heartbeat is long; three are the end."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self.place} if self.place else {})}
        opened = now()
        with ask("/oauth/revocations", 3, headers) as stream:
            fields = {}
            for line in stream:
                name, found, value = line.decode().rstrip("\n").partition(": ")
                if found:
                    fields[name] = value
                elif not name:
                    self.take(fields.get("event"), fields.get("id"), fields.get("data"), opened)
                    fields = {}

    def follow(self):
        while True:
            try:
                self.read()
            except (OSError, ValueError, KeyError) as error:
                print("feed:", error, file=sys.stderr)
            time.sleep(0.25)

    def dead(self, token):
        return any(name in self.revoked for name in names_of(token))

    def holds(self, token, asked):
        return asked > self.everything + SETTLE and all(asked > self.changed.get(name, float("-inf")) + SETTLE for name in names_of(token))


def names_of(token):
    """By which names the feed may mean a token."""
    family = token.get("lp_authorization") or {}
    return [("token", token.get("jti")), ("subject", token.get("sub")), ("app", token.get("lp_app")), ("authorization", family.get("id")),
            ("grant", family.get("grant"))] + [("account", a) for a in token.get("launchpad_accounts", [])]


class Refused(Exception):
    def __init__(self, status, code="", description="", scope=""):
        super().__init__(description)
        self.status, self.code, self.description, self.scope = status, code, description, scope


BAD = (401, "invalid_token", "The access token is unknown, expired or revoked")


class Tokens:
    """What the server said of tokens. RFC 7662."""

    def __init__(self, feed):
        self.feed, self.lock, self.kept = feed, threading.Lock(), collections.OrderedDict()

    def find(self, token):
        digest = hashlib.sha256(token.encode()).digest()  # whoever reads the memory has no token
        with self.lock:
            answer, asked, until = self.kept.get(digest, ({}, 0, 0))
        if not (self.feed.current() and now() < until and self.feed.holds(answer, asked)):
            answer = self.ask(token, digest)
        if self.feed.dead(answer) or answer.get("cnf"):
            raise Refused(*BAD)
        return answer

    def ask(self, token, digest):
        asked = now()
        with ask("/oauth/introspect", 5, form={"token": token}) as response:
            answer = json.load(response)
        if answer.get("active") is not True or answer.get("token_type") == "refresh_token":
            raise Refused(*BAD)
        audience = audience_of(token, answer)
        if ISSUER not in ([audience] if isinstance(audience, str) else audience):
            raise Refused(*BAD)
        age = min(MAX_AGE, answer["exp"] - time.time()) if "exp" in answer else MAX_AGE
        with self.lock:
            if len(self.kept) >= MOST:
                self.kept.popitem(last=False)
            self.kept[digest] = answer, asked, asked + age
        return answer


def audience_of(token, answer):
    """For which APIs a token is; one that does not say is for all of them. What is active has a good signature."""
    if token.count(".") == 2:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["aud"]
    return answer.get("aud", ISSUER)


class API(http.server.BaseHTTPRequestHandler):
    needed = ["dashboards:read"]

    def do_GET(self):
        try:
            self.answer(200, self.dashboards())
        except Refused as refusal:
            self.refuse(refusal)
        except (OSError, ValueError) as error:
            print("verify:", error, file=sys.stderr)
            self.refuse(Refused(503, "temporarily_unavailable", "The token cannot be checked right now"))

    def dashboards(self):
        token = tokens.find(self.presented())
        if not set(self.needed) <= set(token.get("scope", "").split()):
            raise Refused(403, "insufficient_scope", "The operation needs more", " ".join(self.needed))
        return {"account": self.account(token), "subject": token["sub"], "dashboards": ["Sales", "Support"]}

    def presented(self):
        lines = self.headers.get_all("Authorization", [])
        in_query = "access_token" in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, keep_blank_values=True)
        if len(lines) > 1 or lines and in_query:
            raise Refused(400, "invalid_request", "The token came in more than one way")
        found = re.fullmatch(r"Bearer ([A-Za-z0-9._~+/-]+=*)", lines[0], re.IGNORECASE) if lines else None
        if not found:
            raise Refused(401)  # RFC 6750 §3.1: without credentials no error code
        return found[1]

    def account(self, token):
        named, slugs = self.headers.get("Launchpad-Account"), token.get("launchpad_account_slugs", {})
        for account, slug in slugs.items():
            if named in (account, slug) or not named and (len(slugs) == 1 or account == token.get("launchpad_default_account")):
                return slug
        if named or not slugs:
            raise Refused(403, "insufficient_scope", "The token does not reach this account")
        raise Refused(400, "invalid_request", "The token reaches several accounts; name one by the header Launchpad-Account")

    def refuse(self, refusal):
        headers, body = {}, {}
        if refusal.status == 503:
            headers["Retry-After"] = "2"
        if refusal.status in (401, 403):
            parts = [f'realm="{ISSUER}"']
            if refusal.code:
                parts += [f'error="{refusal.code}"', f'error_description="{refusal.description}"']
            if refusal.scope:
                parts.append(f'scope="{refusal.scope}"')
            headers["WWW-Authenticate"] = "Bearer " + ", ".join(parts)
        if refusal.code:
            body = {"error": refusal.code, "error_description": refusal.description}
        self.answer(refusal.status, body, headers)

    def answer(self, status, body, headers=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Cache-Control": "private, no-store", "Content-Length": str(len(text)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


feed = Feed()
tokens = Tokens(feed)
threading.Thread(target=feed.follow, daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9100"))), API)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
