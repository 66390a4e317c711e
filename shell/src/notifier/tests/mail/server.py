"""A mail server that is not ours: aiosmtpd, with Python's own parser of mails.

    server.py (plain|starttls|tls) CERTIFICATE KEY [MECHANISM]

Prints its port, and then each mail as a line of NAME=VALUE, where the value is UTF-8 in
hexadecimal digits. The only account is
alertik@example.org with the password "pass wörd", by MECHANISM alone if one is given;
"plain" needs none. Recipients whose name begins with digits are refused with these.
"""

import asyncio
import email
import email.policy
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

MODE, CERTIFICATE, KEY, *MECHANISM = sys.argv[1:]


def say(values):
    words = (f"{name}={str(value).encode().hex()}" for name, value in values.items())
    print(*words, flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        code = address[:3]
        if code.isdigit():
            return f"{code} relaying denied"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say({
            "hello": session.host_name,
            "tls": MODE == "tls" or session.ssl is not None,
            "login": session.auth_data is not None,
            "from": envelope.mail_from,
            "to": ",".join(envelope.rcpt_tos),
            "defects": [defect for part in (mail, *mail.values()) for defect in part.defects],
            "date": mail["Date"].datetime,
            "text": mail.get_content(),
            "raw": envelope.content.decode("ascii"),
        } | {"field-" + name.lower(): value for name, value in mail.items()})
        return "250 queued as 1"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"alertik@example.org", "pass wörd".encode())
    return AuthResult(success=right, handled=False, auth_data=data.login)


def connection(context):
    others = [name for name in ("PLAIN", "LOGIN") if MECHANISM and name not in MECHANISM]
    return SMTP(
        Handler(),
        hostname="mail.example.org",
        tls_context=context if MODE == "starttls" else None,
        require_starttls=MODE == "starttls",
        authenticator=authenticate,
        auth_required=MODE != "plain",
        auth_require_tls=MODE == "starttls",
        auth_exclude_mechanism=others,
        enable_SMTPUTF8=False,
    )


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: connection(context),
        "127.0.0.1",
        0,
        ssl=context if MODE == "tls" else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    # The tests' process holds the other end of this pipe.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
