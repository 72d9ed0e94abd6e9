"""What the benchmarks of stores share: invented buckets, peers, how a process is measured."""
