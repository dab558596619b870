"""Three rules of the shop that JSON Schema has no words for, so that Schemathesis keeps to them."""

import requests
import schemathesis


@schemathesis.hook
def map_body(context, body):
    """Integers are plain decimal digits. JSON Schema counts 2.0 among them."""
    if isinstance(body, dict):
        return {name: map_body(context, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(context, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


@schemathesis.hook
def filter_body(context, body):
    """Passwords have 72 bytes at most. Patterns cannot count bytes, so some long ones are accepted that do not fit theirs."""
    password = body.get("password") if isinstance(body, dict) else None
    if not isinstance(password, str) or password.isascii() or len(password) <= 18:
        return True
    return len(password.encode(errors="replace")) > 72


@schemathesis.hook
def before_call(context, case, kwargs):
    """A line of the cart holds 999 at most, whatever was added before: each addition finds its line empty."""
    if case.operation.label == "POST /api/order/add-item" and isinstance(case.body, dict):
        line = f"/api/order/remove-item/{case.body.get('product_id')}"
        requests.delete(case.operation.base_url.rstrip("/") + line, headers=dict(case.headers or {}))
