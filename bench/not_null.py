#!/usr/bin/env python3
"""Writes Parquet files again with a `timestamp` column that cannot be NULL, which the query engine does not make:
not_null.py FILE…. Needs pyarrow."""
import os
import sys

import pyarrow.parquet as parquet

for path in sys.argv[1:]:
    source = parquet.ParquetFile(path)
    schema = source.schema_arrow
    at = schema.get_field_index("timestamp")
    schema = schema.set(at, schema.field(at).with_nullable(False)).remove_metadata()
    with parquet.ParquetWriter(path + ".new", schema, compression="zstd") as target:
        for batch in source.iter_batches(batch_size=122880):
            target.write_batch(batch.cast(schema))
    os.replace(path + ".new", path)
