"""A program for tests of the engine: as many things as the stack's configuration asks for, below one component."""

import pulumi


class Thing(pulumi.CustomResource):
    """What the plugin beside this program makes."""

    text: pulumi.Output[str]
    """What it was given."""

    def __init__(self, name: str, text: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__("probe:index:Thing", name, {"text": text}, opts)


class Things(pulumi.ComponentResource):
    """Some things that have to be made one after the other."""

    def __init__(self, name: str, count: int, text: pulumi.Input[str]) -> None:
        super().__init__("probe:index:Things", name)
        self.texts: list[pulumi.Output[str]] = []
        for number in range(count):
            thing = Thing(f"{name}-{number}", text, pulumi.ResourceOptions(parent=self))
            text = thing.text
            self.texts.append(thing.text)
        self.register_outputs({})


config = pulumi.Config()
things = Things("thing", config.require_int("count"), config.get("text") or "first")
pulumi.export("count", len(things.texts))
pulumi.export("secret", pulumi.Output.secret("not to be seen"))
