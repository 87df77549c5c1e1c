"""One machine: the folder of all data, the embedded stores, and the supervisor that runs them."""
