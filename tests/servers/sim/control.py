"""What tests ask of a running exchange, over the same port:

  GET    /_control/state    heads, connections, what was sent, what clients have requested:
                            "rest" requests of each path, "answers" of each path by status,
                            "recent" requests with their headers, "agents"; "kraken": of each pair
                            "requests", "refused", "most_in_a_second", and "used", the share of its
                            budget from the first request to the last; "binance": "weights" of each
                            minute, "refused" by status, "used", the share of the minutes between
                            the first and the last
  POST   /_control/faults   switches a fault on; the body is its spec (see faults.py)
  DELETE /_control/faults   switches all off
  POST   /_control/head     {"product":NAME|"all","add":N}: so many trades happen;
                            also NAME of a symbol of Binance
"""

import json

from . import http

PREFIX = "/_control/"


def state(server):
    return {
        "products": {name: {"oldest": product.oldest, "first": product.start,
                            "head": product.head, "holes": product.holes}
                     for name, product in server.market.products.items()},
        "accepted": server.accepted,
        "handshakes": server.handshakes,
        "sessions": [session.state() for session in server.sessions],
        "rest": server.rest_requests,
        "answers": server.answers,
        "recent": list(server.recent),
        "agents": server.agents,
        **{name: value for venue in server.venues for name, value in venue.state().items()},
        "faults": [fault.state() for fault in server.faults.active],
    }


def routes(server):
    def post_or_delete_faults(request):
        if request.method == "DELETE":
            server.faults.clear()
        else:
            server.faults.add(json.loads(request.body))
        return state(server)

    def post_head(request):
        body = json.loads(request.body)
        product = server.products.get(body["product"])
        if hasattr(product, "advance"):
            product.advance(body["add"])
        else:
            server.market.advance(server.market.select(body["product"]), body["add"])
        return state(server)

    def guarded(act, methods):
        def answer(request):
            if request.method not in methods:
                return http.Answer(405)
            try:
                return http.answer_json(act(request))
            except (ValueError, KeyError, TypeError) as error:
                return http.answer_json({"error": str(error)}, 400)
        return answer

    yield PREFIX + "state", guarded(lambda _: state(server), ("GET",))
    yield PREFIX + "faults", guarded(post_or_delete_faults, ("POST", "DELETE"))
    yield PREFIX + "head", guarded(post_head, ("POST",))
