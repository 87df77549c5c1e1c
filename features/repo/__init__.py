"""What Feast reads, whole: entities, sources, views and services over the `ftr_` marts."""
