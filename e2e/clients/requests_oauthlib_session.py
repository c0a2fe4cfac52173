#!/usr/bin/python3
"""requests-oauthlib, which refreshes an expired token by itself in the middle of a call."""
import json
import os
import subprocess
import sys
import time

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the demo speaks plain http on loopback
from oauthlib.oauth2 import AccessDeniedError, InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

with open(os.environ["DEMO"]) as file:
    DEMO = json.load(file)
APP = DEMO["apps"]["web"]
AUTHORIZE, TOKEN, REVOKE = (DEMO["issuer"] + path for path in ("/oauth/authorize", "/oauth/token", "/oauth/revoke"))
BASIC = HTTPBasicAuth(APP["client_id"], APP["client_secret"])


def check(what, holds, got=None):
    if not holds:
        sys.exit(f"not ok - {what}: {got!r}")
    print(f"ok - {what}")


def sent_to(address, *decision):
    person = subprocess.run([os.environ["PERSON"], address, *decision], stdout=subprocess.PIPE, text=True, check=True)
    return person.stdout.strip()


def refusal(call, kind):
    try:
        call()
    except kind as error:
        return error


def session(**options):
    return OAuth2Session(APP["client_id"], redirect_uri=APP["redirect_uris"][0], scope=DEMO["scope"].split(), **options)


def expire(signed_in):
    """Makes the library believe that two hours have passed."""
    signed_in.token = {**signed_in.token, "expires_at": time.time() - 1}


def walk(name, exchange, refresh, call):
    """The keywords are where the library wants the app's credentials: at the exchange, for refreshes, with each call."""
    saved = []
    app = session(auto_refresh_url=TOKEN, token_updater=saved.append, auto_refresh_kwargs=refresh)
    address, _ = app.authorization_url(AUTHORIZE)
    first = app.fetch_token(TOKEN, authorization_response=sent_to(address), **exchange)
    check(f"{name}: the code buys a token, state and scope as sent", first["refresh_token"] and first["expires_in"] == 7200, first)
    check(f"{name}: the API answers", app.get(DEMO["api"], **call).json()["dashboards"])

    expire(app)
    renewed = app.get(DEMO["api"], **call)
    check(f"{name}: an expired token is refreshed in the middle of a call", renewed.status_code == 200, renewed.text)
    check(f"{name}: the new token is handed to the app once", len(saved) == 1 and saved[0]["access_token"] != first["access_token"], saved)
    app.token = saved[0]

    for kind in ("access_token", "refresh_token"):
        url, headers, body = app._client.prepare_token_revocation_request(REVOKE, app.token[kind], kind)
        revoked = app.request("POST", url, data=body, headers=headers, auth=BASIC, withhold_token=True)
        check(f"{name}: {kind} revoked", revoked.status_code == 200, revoked.text)
        if kind == "access_token":
            late = app.get(DEMO["api"], **call)
            check(f"{name}: the API refuses it", late.status_code == 401 and "invalid_token" in late.headers["WWW-Authenticate"], late.text)
    expire(app)
    late = refusal(lambda: app.get(DEMO["api"], **call), InvalidGrantError)
    check(f"{name}: the refresh token is refused, with a reason", late and late.description, late)


CREDENTIALS = {"client_id": APP["client_id"], "client_secret": APP["client_secret"]}
walk("header", exchange={"auth": BASIC}, refresh={}, call=CREDENTIALS)
walk("body", exchange={"include_client_id": True, "client_secret": APP["client_secret"]}, refresh=CREDENTIALS, call={})

asking = session()
address, _ = asking.authorization_url(AUTHORIZE, prompt="consent")
denied = refusal(lambda: asking.fetch_token(TOKEN, authorization_response=sent_to(address, "--cancel"), auth=BASIC), AccessDeniedError)
check("Cancel raises AccessDeniedError", denied)
