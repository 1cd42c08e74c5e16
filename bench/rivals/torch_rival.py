"""PyTorch, eager or compiled, by the usual training loop over tensors in memory (see cases.py for the command line).

`samples_per_second` counts whole epochs with their shuffle and gather, as the other programs do;
`raw_samples_per_second` repeats the step on one batch.
"""

import os

import cases


def add_options(parser):
    parser.add_argument("--mode", choices=["eager", "compiled"], default=os.environ.get("TORCH_RIVAL_MODE", "eager"))
    parser.add_argument("--layout", choices=["channels_last", "channels_first"], default="channels_last")
    parser.add_argument("--optimizer", choices=["fused", "foreach", "plain"], help="the default is what was measured to be faster")
    parser.add_argument("--compile", default="", help="mode of torch.compile")


given = cases.arguments(__doc__, add_options)
cases.keep_freed_memory()
cases.keep_to_cores(given.threads)
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(given.threads)


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(filters)
        self.second = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(filters)
        self.shortcut = None
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = F.relu(self.first_norm(self.first(x)), inplace=True)
        y = self.second_norm(self.second(y))
        y += x if self.shortcut is None else self.shortcut(x)
        return F.relu(y, inplace=True)


def resnet20():
    parts = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    inputs = 16
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            parts.append(Block(inputs, filters, 2 if stage and not block else 1))
            inputs = filters
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 12 * 12, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def tiny():
    return nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1))


MODELS = {"mlp32": mlp, "mlp128": mlp, "cnn": cnn, "resnet20": resnet20, "tiny": tiny}


def prepare(name):
    case = cases.CASES[name]
    values, labels = cases.data(name)
    x, y = torch.from_numpy(values), torch.from_numpy(labels)
    model = MODELS[name]()
    images_last = x.dim() == 4 and given.layout == "channels_last"
    if images_last:
        model = model.to(memory_format=torch.channels_last)
    elif x.dim() == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    if case["classes"]:
        y = y.long()
        loss_function = F.cross_entropy
    else:
        loss_function = F.mse_loss
    kind = given.optimizer or ("plain" if name == "tiny" else "fused")
    kind = {"fused": {"fused": True}, "foreach": {"foreach": True}, "plain": {"foreach": False}}[kind]
    if name == "tiny":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, **kind)
    elif name == "resnet20":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, **kind)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001, **kind)

    def forward(inputs, targets):
        return loss_function(model(inputs), targets)

    if given.mode == "compiled":
        forward = torch.compile(forward, dynamic=False, **({"mode": given.compile} if given.compile else {}))

    def step(inputs, targets):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(inputs, targets)
        loss.backward()
        optimizer.step()
        return loss

    batch = case["batch"]

    def gather(index):
        """index_select is the fastest gather, but loses channels_last; so such images are stored that way and permuted after it."""
        inputs = torch.index_select(x, 0, index)
        return inputs.permute(0, 3, 1, 2) if images_last else inputs

    def epochs(count):
        for _ in range(count):
            order = torch.randperm(len(x))
            for begin in range(0, len(x), batch):
                index = order[begin : begin + batch]
                step(gather(index), torch.index_select(y, 0, index))

    first_x, first_y = gather(torch.arange(min(batch, len(x)))), y[:batch].clone()

    def steps(count):
        for _ in range(count):
            step(first_x, first_y)

    model.train()
    first = step(first_x, first_y).item()
    if name == "tiny":
        steps(100)
    else:
        epochs(1)

    def measure(seconds):
        raw = cases.timed(steps, seconds if name == "tiny" else seconds / 3) * batch
        rate = raw if name == "tiny" else cases.timed(epochs, seconds) * len(x)
        return {
            "samples_per_second": rate,
            "raw_samples_per_second": raw,
            "first_loss": first,
            "last_loss": step(first_x, first_y).item(),
        }

    return measure


cases.serve(given, f"PyTorch {given.mode}", f"PyTorch {torch.__version__}", prepare)
