"""The proxy: it stands between clients and an endpoint, passes everything on as it comes, and judges what it saw.

    client ──> recorder ──> (planted fault) ──> relay ──> upstream        a process of its own, which does nothing else
                   └──> exchanges.jsonl ──> follower ──> checks ──> live view, report

The file between the two halves is the journal: an exchange is in it before its client sees the end of the answer.
"""
