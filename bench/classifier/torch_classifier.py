"""PyTorch's contender for bench/classifier.ts: a round of updates of the same classifier, or of products of two large
matrices, for each line on standard input.

Usage: torch_classifier.py '{"work": "updates", "rounds": 20, "batch": 32, "size": 32, "channels": [8, 16, 32, 48],
"features": 32, "learningRate": 0.001, "edge": 1024}'. Answers each line with one line of JSON: {"seconds", "peakBytes"}, the
seconds of one update or product. One thread.
"""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu

SLOPE = 0.2


class Classifier(nn.Module):
    """What server/src/networks/classifierArchitecture.ts describes."""

    def __init__(self, size, channels, features):
        super().__init__()
        self.size = size
        pairs = list(zip([1, *channels], channels))
        halving = [nn.Conv3d(ins, outs, 4, 2, 1) for ins, outs in pairs[:-1]]
        self.stages = nn.ModuleList([*halving, nn.Conv3d(*pairs[-1], 3, 1, 1)])
        self.features = nn.Linear(2 * channels[-1], features)
        self.verdict = nn.Linear(features + 1, 1)

    def forward(self, x):
        cube = self.size**3
        volume = (x[:, :cube].reshape(-1, 1, self.size, self.size, self.size) - 0.1) * 2
        for stage in self.stages:
            volume = leaky_relu(stage(volume), SLOPE)
        flat = volume.flatten(2)
        described = leaky_relu(self.features(torch.cat([flat.mean(2), flat.amax(2)], 1)), SLOPE)
        return self.verdict(torch.cat([described, x[:, cube:]], 1))


def updating(config):
    batch = config["batch"]
    network = Classifier(config["size"], config["channels"], config["features"])
    optimizer = torch.optim.Adam(network.parameters(), config["learningRate"])
    inputs = torch.rand(batch, config["size"] ** 3 + 1)
    labels, weights = (torch.arange(batch) % 2).float()[:, None], torch.ones(batch, 1)

    def update():
        loss = binary_cross_entropy_with_logits(network(inputs), labels, weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # Ours answers the loss of every update as well.
        return loss.item()

    return update


def multiplying(config):
    a, b = (torch.rand(config["edge"], config["edge"]) for _ in range(2))
    return lambda: torch.mm(a, b)


def say(**values):
    print(json.dumps(values), flush=True)


def main(config):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    work = {"updates": updating, "products": multiplying}[config["work"]](config)
    say(name=f"PyTorch {torch.__version__}")
    for _ in sys.stdin:
        work()
        start = time.perf_counter()
        for _ in range(config["rounds"]):
            work()
        seconds = (time.perf_counter() - start) / config["rounds"]
        # ru_maxrss is in kilobytes on Linux.
        say(seconds=seconds, peakBytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main(json.loads(sys.argv[1]))
