"""A site: Twilio's client for the Authy API, one call a run. Prints what the client makes of the answer, as JSON."""

import json
import sys

from authy.api import AuthyApiClient

url, key, call, *arguments = sys.argv[1:]
client = AuthyApiClient(key, url)

if call == "create":
    user = client.users.create(*arguments)
    told = {"ok": user.ok(), "id": user.id, "errors": user.errors()}
elif call == "status":
    status = client.users.status(int(arguments[0]))
    told = {"ok": status.ok(), "content": status.content}
elif call == "verify":
    user, token = arguments
    verified = client.tokens.verify(int(user), token)
    told = {"ok": verified.ok(), "errors": verified.errors()}
elif call == "sms":
    sms = client.users.request_sms(int(arguments[0]), {"force": True})
    told = {"ok": sms.ok(), "ignored": sms.ignored(), "errors": sms.errors()}
elif call == "delete":
    told = {"ok": client.users.delete(int(arguments[0])).ok()}
else:
    sys.exit("unknown call " + call)

print(json.dumps(told))
