#!/usr/bin/python3
"""A person with a browser that knows no JavaScript.

    person.py ADDRESS [--cancel]

Opens the address that an app sends people to, signs in, presses Authorize (or Cancel), and prints where the browser
is sent in the end: the redirect URI, which is not opened. DEMO names the file with the line that the demo printed.
"""
import argparse
import http.cookiejar
import json
import os
import socket
import sys
from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

MOST_STEPS = 12

look_up = socket.getaddrinfo


def loopback(host, *rest):
    """Browsers know that names under localhost are this computer; systems need not."""
    return look_up("127.0.0.1" if host.endswith(".localhost") else host, *rest)


socket.getaddrinfo = loopback


class Form:
    def __init__(self, action):
        self.action, self.fields, self.buttons = action, [], []

    def has(self, kind):
        return any(f["type"] == kind for f in self.fields)

    def filled(self, **answers):
        """What a browser sends: what is ticked and typed, with the answers typed over it by the kind of the field."""
        pairs = []
        for f in self.fields:
            if f["type"] in ("checkbox", "radio") and not f["checked"]:
                continue
            pairs.append((f["name"], answers.get(f["type"], f["value"])))
        return pairs

    def button(self, word):
        return next((b for b in self.buttons if b["text"].strip().startswith(word)), None)


class Page(HTMLParser):
    """The forms of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.text = [], []
        self.form = self.button = self.select = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.form = Form(a["action"])
            self.forms.append(self.form)
        elif self.form is None or "form" in a:
            return  # a button of another form
        elif tag == "input":
            self.field(a.get("type", "text"), a)
        elif tag == "select":
            self.select = self.field("select", a)
        elif tag == "option" and self.select is not None and (self.select["value"] == "" or "selected" in a):
            self.select["value"] = a["value"]
        elif tag == "button":
            self.button = {"name": a.get("name"), "value": a.get("value", ""), "text": ""}
            self.form.buttons.append(self.button)

    def field(self, kind, a):
        field = {"type": kind, "name": a["name"], "value": a.get("value") or "", "checked": "checked" in a}
        self.form.fields.append(field)
        return field

    def handle_endtag(self, tag):
        if tag in ("form", "button", "select"):
            setattr(self, tag, None)

    def handle_data(self, data):
        self.text.append(data)
        if self.button is not None:
            self.button["text"] += data


class StayPut(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self):
        self.opener = build_opener(ProxyHandler({}), StayPut, HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, address, form=None):
        """Answers with a page, or with the address that the browser is sent to."""
        body = urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(Request(address, body, {"Accept": "text/html"}), timeout=20) as answer:
                return Page(answer.read().decode()), None
        except HTTPError as e:
            if e.code in (302, 303):
                return None, urljoin(address, e.headers["Location"])
            raise SystemExit(f"person: {e.code} at {urlsplit(address).path}: {words(Page(e.read().decode()))}")


def words(page):
    return " ".join(" ".join(page.text).split())


def answer(page, identity, decision):
    """Which form a person would send, and with what."""
    for form in page.forms:
        if form.has("password"):
            return form, form.filled(email=identity["email"], password=identity["password"])
        if pressed := form.button(decision):
            return form, form.filled() + [(pressed["name"], pressed["value"])]
    raise SystemExit(f"person: nothing to press here: {words(page)}")


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("address")
    arguments.add_argument("--cancel", action="store_true")
    asked = arguments.parse_args()
    with open(os.environ["DEMO"]) as file:
        demo = json.load(file)
    browser, address, form = Browser(), asked.address, None
    for _ in range(MOST_STEPS):
        page, sent_to = browser.open(address, form)
        if page:
            chosen, form = answer(page, demo["identity"], "Cancel" if asked.cancel else "Authorize")
            address = urljoin(address, chosen.action)
            continue
        if not sent_to.startswith(demo["issuer"] + "/"):
            print(sent_to)
            return
        address, form = sent_to, None
    sys.exit(f"person: still at {address} after {MOST_STEPS} steps")


if __name__ == "__main__":
    main()
