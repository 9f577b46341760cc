"""The gradients of one critic step and one generator step of the preset seed-64, by PyTorch's autograd in float64.

Usage: torch_gradients.py FOLDER. FOLDER/shapes.json names every array and its shape; each is FOLDER/NAME.f32, row-major
float32. Writes d(critic loss)/d(NAME) for critic.* and d(generator loss)/d(NAME) for generator.* to FOLDER/NAME.f64.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from torch.nn import functional

folder = Path(sys.argv[1])
tensors = {}
for name, shape in json.loads((folder / "shapes.json").read_text()).items():
    values = numpy.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(shape)
    tensors[name] = torch.tensor(values, dtype=torch.float64)
parameters = {name: value.requires_grad_() for name, value in tensors.items() if "." in name}


def generate(latent):
    features = latent @ parameters["generator.latent.weight"] + parameters["generator.latent.bias"]
    volume = functional.relu(features.reshape(len(latent), -1, 4, 4, 4))
    for size in (8, 16, 32, 64):
        weight, bias = (parameters[f"generator.up{size}.{kind}"] for kind in ("weight", "bias"))
        volume = functional.conv_transpose3d(volume, weight, bias, stride=2, padding=1)
        volume = torch.tanh(volume) if size == 64 else functional.relu(volume)
    return volume


def judge(volume):
    for size in (64, 32, 16, 8):
        weight, bias = (parameters[f"critic.down{size}.{kind}"] for kind in ("weight", "bias"))
        volume = functional.leaky_relu(functional.conv3d(volume, weight, bias, stride=2, padding=1), 0.2)
    return volume.flatten(1) @ parameters["critic.score.weight"] + parameters["critic.score.bias"]


def save(loss, network):
    names = [name for name in parameters if name.startswith(network)]
    for name, gradient in zip(names, torch.autograd.grad(loss, [parameters[name] for name in names])):
        gradient.numpy().astype("<f8").tofile(folder / f"{name}.f64")


real, mix = tensors["real"], tensors["mix"]
fake = generate(tensors["latent"])
fixed = fake.detach()
mixed = (mix * real + (1 - mix) * fixed).requires_grad_()
(slope,) = torch.autograd.grad(judge(mixed).sum(), mixed, create_graph=True)
penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
save(judge(fixed).mean() - judge(real).mean() + 10 * penalty, "critic.")
save(-judge(fake).mean(), "generator.")
