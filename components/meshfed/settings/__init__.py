"""What a federation's owner writes. The only pydantic of the library; `load` alone reads files."""
