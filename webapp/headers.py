"""Security headers of every answer. Pages of the editor may add one directive (`allow_style_attributes`)."""

from __future__ import annotations

from flask import Flask, Response, g, request

from webapp.auth import house

POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)
_EDITOR = "style-src-attr 'unsafe-inline'"


def init(app: Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(_add)


def allow_style_attributes() -> None:
    """Let this answer carry style attributes, which the diagram editor writes. Never inline scripts or styles."""
    g.style_attributes = True


def _add(response: Response) -> Response:
    policy = (*POLICY, _EDITOR) if g.get("style_attributes") else POLICY
    response.headers.setdefault("Content-Security-Policy", "; ".join(policy))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if house().settings.https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
