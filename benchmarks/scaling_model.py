"""What limits a cluster that is larger than the machine at hand: a model of measured costs.

All costs are microseconds a step, as nodes.py measures them with one node and with two on the same cores. A step needs
all of its resources, so the one that is used up first says how many steps a second there can be at most. Left out: that
a node's threads wait for each other, the disk's end, and waiting for locks inside PostgreSQL.
"""
from dataclasses import asdict, dataclass, replace

SCHEDULER = ("engine", "writer", "rest")


@dataclass(frozen=True)
class Costs:
    """CPU, but for `commit`: the time in which a transaction is under way, whoever waits for a core or for the disk."""
    engine: float  # what decides, on one thread at a time: one in each node
    writer: float  # the thread that sends to PostgreSQL: one in each node for each server
    rest: float  # the other threads of a scheduler, gRPC's most of all
    commit: float
    postgres: float
    worker: float  # of one that does nothing
    load: float  # whoever starts executions

    def of(self, names):
        return sum(getattr(self, name) for name in names)


def costs_with(nodes, one, two):
    """With n nodes (n - 1) / n of all calls come to another node than the one that owns their execution: with two of
    them half. What two nodes cost more than one is taken to be the price of that; but on cores of their own a commit
    takes no longer for it."""
    crossing = 2 * (nodes - 1) / nodes
    costs = Costs(**{name: cost + max(0.0, asdict(two)[name] - cost) * crossing for name, cost in asdict(one).items()})
    return replace(costs, commit=one.commit)


def limits(costs, nodes, servers, cores):
    """Steps a second that each resource allows. `cores`: by name, the costs that share them and how many there are."""
    allowed = {
        "engine threads": nodes * 1e6 / costs.engine,
        # One transaction at a time.
        "writer connections": nodes * servers * 1e6 / costs.commit,
    }
    for name, (names, count) in cores.items():
        allowed[name] = count * 1e6 / costs.of(names)
    return allowed


def bound(allowed):
    """The lowest of them: (steps a second, resource)."""
    return min((steps, name) for name, steps in allowed.items())


def cluster_cores(nodes, servers, node_cores, server_cores, worker_cores):
    """Machines of their own for every node with its share of the workers, and for every PostgreSQL server."""
    return {"scheduler cores": (SCHEDULER, nodes * node_cores), "PostgreSQL cores": (("postgres",), servers * server_cores),
            "worker cores": (("worker", "load"), nodes * worker_cores)}


def table(one, two, node_cores=4, server_cores=4, worker_cores=1, nodes_max=8, servers_max=3):
    """Rows (nodes, servers, steps a second, what limits)."""
    rows = []
    for nodes in range(1, nodes_max + 1):
        costs = costs_with(nodes, one, two)
        for servers in range(1, servers_max + 1):
            cores = cluster_cores(nodes, servers, node_cores, server_cores, worker_cores)
            rows.append((nodes, servers, *bound(limits(costs, nodes, servers, cores))))
    return rows
