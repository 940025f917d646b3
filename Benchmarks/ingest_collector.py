"""The collector's part of the ingest suite."""


def measure(servers):
    """Results of the collector: `collector_rps` and its like. `servers` has brokers, environment, run() and start()."""
    return []
