"""A toy app that uses every kind of function the local host has. What it does is written to blobs."""

import asyncio
import json
import logging
import os
import sys
import time
import typing
from contextlib import suppress
from pathlib import Path

import azure.functions as func

logging.getLogger("azure.core").setLevel(logging.WARNING)

log = logging.getLogger(__name__)
COOKIE = "a=b; Path=/api; Max-Age=60; HttpOnly; SameSite=Lax; Expires=Wed, 01 Jan 2031 00:00:00 GMT"
IMPORTED = time.time_ns()
app = func.FunctionApp()


def write(name: str, text: str) -> None:
    """Put one blob into the container of this test."""
    # Here, not at the top: it takes longer to import than all the rest, and most tests write no blob.
    from azure.core.exceptions import ResourceExistsError
    from azure.storage.blob import ContainerClient

    container = ContainerClient.from_connection_string(
        os.environ["BLOBS"], os.environ["CONTAINER"], connection_verify=os.environ.get("SSL_CERT_FILE", True)
    )
    with container:
        with suppress(ResourceExistsError):
            container.create_container()
        container.upload_blob(name, text, overwrite=True)


def metadata(msg: func.QueueMessage) -> dict[str, object]:
    """What a queue function sees of its message."""
    return {
        "id": msg.id,
        "dequeue_count": msg.dequeue_count,
        "body": msg.get_body().decode(),
        "pid": os.getpid(),
    }


@app.route("words", methods=["POST"])
@app.queue_output(arg_name="job", queue_name="%WORDS_QUEUE%", connection="STORE")
async def put_words(req: func.HttpRequest, job: func.Out[bytes]) -> func.HttpResponse:
    job.set(req.get_body())
    return func.HttpResponse(status_code=202)


@app.queue_trigger(arg_name="msg", queue_name="%WORDS_QUEUE%", connection="STORE")
def count_words(msg: func.QueueMessage) -> None:
    write("words", json.dumps({"words": len(msg.get_body().split()), **metadata(msg)}))


@app.queue_trigger(arg_name="msg", queue_name="%FAULTY_QUEUE%", connection="STORE")
async def fail(msg: func.QueueMessage) -> None:
    raise ValueError(f"attempt {msg.dequeue_count} failed")


@app.queue_trigger(arg_name="msg", queue_name="%FAULTY_QUEUE%-poison", connection="STORE")
def bury(msg: func.QueueMessage) -> None:
    write("buried", json.dumps(metadata(msg)))


@app.queue_trigger(arg_name="msg", queue_name="%SLOW_QUEUE%", connection="STORE")
def linger(msg: func.QueueMessage) -> None:
    """Takes the seconds that its message says, on its first attempt."""
    if msg.dequeue_count == 1:
        time.sleep(float(msg.get_body()))
    write("lingered", json.dumps(metadata(msg)))


@app.route("outputs/{kind}", methods=["POST"])
@app.queue_output(arg_name="text", queue_name="%OUTPUT_QUEUE%", connection="STORE")
@app.queue_output(arg_name="raw", queue_name="%OUTPUT_QUEUE%", connection="STORE")
@app.queue_output(arg_name="message", queue_name="%OUTPUT_QUEUE%", connection="STORE")
@app.queue_output(arg_name="several", queue_name="%OUTPUT_QUEUE%", connection="STORE")
def put(
    req: func.HttpRequest,
    text: func.Out[str],
    raw: func.Out[bytes],
    message: func.Out[func.QueueMessage],
    several: func.Out[typing.List[str]],  # noqa: UP006 - the worker library takes no other form
) -> func.HttpResponse:
    body = req.get_body()
    match req.route_params["kind"]:
        case "text":
            text.set(body.decode())
        case "raw":
            raw.set(body)
        case "message":
            message.set(func.QueueMessage(body=body))
        case "several":
            several.set(body.decode().split())
    return func.HttpResponse()


@app.timer_trigger(arg_name="timer", schedule="%TICK%")
def tick(timer: func.TimerRequest) -> None:
    write("tick", json.dumps(timer.to_dict()))


@app.route("items/{id:int}")
def b_item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"item {req.route_params['id']}")


@app.route("items/{name}")
def c_named(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"named {req.route_params['name']}")


@app.route("items/latest")
def d_latest(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("never reached: c_named comes first in the alphabet")


@app.route("open", auth_level=func.AuthLevel.ANONYMOUS)
async def see(req: func.HttpRequest) -> func.HttpResponse:
    """Says what it was called with."""
    log.info("seen on %s\nand a second line", os.environ["WEBSITE_HOSTNAME"])
    seen = {
        "headers": dict(req.headers),
        "params": dict(req.params),
        "body": req.get_body().decode(),
        "pid": os.getpid(),
        "imported": IMPORTED,
        "folder": str(Path.cwd()),
        "tools_on_path": str(Path(__file__).parents[4]) in sys.path,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={"Set-Cookie": COOKIE})


@app.route("locked", auth_level=func.AuthLevel.ADMIN)
async def locked(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("unlocked")


@app.route("nothing", auth_level=func.AuthLevel.ANONYMOUS)
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None  # type: ignore[return-value]  # the mistake to be shown


@app.route("sleep/{seconds}", auth_level=func.AuthLevel.ANONYMOUS)
async def sleep(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(float(req.route_params["seconds"]))
    return func.HttpResponse("slept")
