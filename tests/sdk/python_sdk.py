"""Segment's library for Python: each kind of call, once, packed. usage: python python_sdk.py HOST KEY"""
import datetime
import sys

from segment.analytics.client import Client

host, key = sys.argv[1:]
failed = []
client = Client(key, host=host, gzip=True, max_retries=3, on_error=lambda error, items: failed.append(error))
client.identify("python-user", {"plan": "gold"}, anonymous_id="python-anonymous")
client.track("python-user", "Paid", {"price": 12.5}, timestamp=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
client.page("python-user", "shop", "Home", {"path": "/"})
client.screen("python-user", "shop", "Main")
client.group("python-user", "python-group", {})
client.alias("python-before", "python-user")
client.shutdown()
if failed:
    sys.exit(repr(failed))
