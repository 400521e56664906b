from stacks import run

run()
