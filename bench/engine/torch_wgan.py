"""PyTorch's contender for bench/engine.ts: the same training step, or the same sampling, for each line on standard input.

Usage: torch_wgan.py '{"work": "update", "channels": [512, 256, 128, 64], "latentSize": 100, "batch": 4,
"criticSteps": 5, "samples": 0, "threads": 2}'. Answers each line with one line of JSON: {"seconds", "peakBytes"}.
"""

import json
import resource
import sys
import time

import torch
from torch import nn


def generator(latent_size, channels):
    layers = [nn.Linear(latent_size, channels[0] * 64), nn.ReLU(), nn.Unflatten(1, (channels[0], 4, 4, 4))]
    for ins, outs in zip(channels, channels[1:]):
        layers += [nn.ConvTranspose3d(ins, outs, 4, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose3d(channels[-1], 1, 4, 2, 1), nn.Tanh())


def critic(channels):
    layers = []
    widths = [1, *reversed(channels)]
    for ins, outs in zip(widths, widths[1:]):
        layers += [nn.Conv3d(ins, outs, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[0] * 64, 1))


def train_critic(make, judge, optimizer, real, latent_size):
    batch = len(real)
    with torch.no_grad():
        fake = make(torch.randn(batch, latent_size))
    mix = torch.rand(batch, 1, 1, 1, 1)
    mixed = (mix * real + (1 - mix) * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(judge(mixed).sum(), mixed, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    loss = judge(fake).mean() - judge(real).mean() + 10 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def train_generator(make, judge, optimizer, batch, latent_size):
    # Gradients of the critic's weights are not needed here; computing them would only slow PyTorch down.
    judge.requires_grad_(False)
    loss = -judge(make(torch.randn(batch, latent_size))).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    judge.requires_grad_(True)


def training(config):
    latent_size, batch = config["latentSize"], config["batch"]
    make, judge = generator(latent_size, config["channels"]), critic(config["channels"])
    adams = [torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.999)) for net in (make, judge)]
    real = torch.rand(batch, 1, 64, 64, 64) * 2 - 1

    def update():
        for _ in range(config["criticSteps"]):
            train_critic(make, judge, adams[1], real, latent_size)
        train_generator(make, judge, adams[0], batch, latent_size)

    return update


def sampling(config):
    make = generator(config["latentSize"], config["channels"])

    def sample():
        with torch.no_grad():
            for begin in range(0, config["samples"], config["batch"]):
                make(torch.randn(min(config["batch"], config["samples"] - begin), config["latentSize"]))

    return sample


def say(**values):
    print(json.dumps(values), flush=True)


def main(config):
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    work = {"update": training, "sample": sampling}[config["work"]](config)
    say(name=f"PyTorch {torch.__version__}")
    for _ in sys.stdin:
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        # ru_maxrss is in kilobytes on Linux.
        say(seconds=seconds, peakBytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main(json.loads(sys.argv[1]))
