"""Times the same training step and the same sampling in PyTorch, for bench/engine.ts.

Usage: torch_wgan.py '{"channels": [512, 256, 128, 64], "batch": 4, "criticSteps": 5, "updates": 1, "warmUps": 0,
"samples": 8, "threads": 2}'. Prints one line of JSON.
"""

import json
import sys
import time

import torch
from torch import nn

LATENT = 100


def generator(channels):
    layers = [nn.Linear(LATENT, channels[0] * 64), nn.ReLU(), nn.Unflatten(1, (channels[0], 4, 4, 4))]
    for ins, outs in zip(channels, channels[1:]):
        layers += [nn.ConvTranspose3d(ins, outs, 4, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose3d(channels[-1], 1, 4, 2, 1), nn.Tanh())


def critic(channels):
    layers = []
    widths = [1, *reversed(channels)]
    for ins, outs in zip(widths, widths[1:]):
        layers += [nn.Conv3d(ins, outs, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[0] * 64, 1))


def train_critic(make, judge, optimizer, real):
    batch = len(real)
    with torch.no_grad():
        fake = make(torch.randn(batch, LATENT))
    mix = torch.rand(batch, 1, 1, 1, 1)
    mixed = (mix * real + (1 - mix) * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(judge(mixed).sum(), mixed, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    loss = judge(fake).mean() - judge(real).mean() + 10 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def train_generator(make, judge, optimizer, batch):
    loss = -judge(make(torch.randn(batch, LATENT))).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main(config):
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    make, judge = generator(config["channels"]), critic(config["channels"])
    adams = [torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.999)) for net in (make, judge)]
    real = torch.rand(config["batch"], 1, 64, 64, 64) * 2 - 1

    def update():
        for _ in range(config["criticSteps"]):
            train_critic(make, judge, adams[1], real)
        train_generator(make, judge, adams[0], config["batch"])

    for _ in range(config["warmUps"]):
        update()
    start = time.perf_counter()
    for _ in range(config["updates"]):
        update()
    seconds = (time.perf_counter() - start) / config["updates"]

    with torch.no_grad():
        make(torch.randn(1, LATENT))
        start = time.perf_counter()
        for _ in range(config["samples"]):
            make(torch.randn(1, LATENT))
        per_sample = (time.perf_counter() - start) / config["samples"]
    print(json.dumps({"secondsPerUpdate": seconds, "secondsPerSample": per_sample, "version": torch.__version__}))


main(json.loads(sys.argv[1]))
