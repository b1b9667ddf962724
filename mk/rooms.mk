# Rooms, from the bottom up, and the rooms that each may use. Two things check this: the linker, since a room's tests are
# linked only with that room and the rooms that it uses; and tests/layers.sh, which reads the includes.
ROOMS := base value tera net store fs parquet engine text format relation factory declare export cli

base_USES    :=
value_USES   := base
tera_USES    := value base
net_USES     := base
store_USES   := value base
fs_USES      := store value base
parquet_USES := base
engine_USES  := parquet value base
text_USES    := value base
format_USES  := fs engine parquet text value base
relation_USES := format fs store engine parquet text value base
factory_USES := relation format fs store engine parquet text tera net value base
declare_USES := factory relation format fs store engine parquet text tera net value base
export_USES  := factory relation format fs store engine parquet text tera net value base
cli_USES     := export declare factory relation format fs store engine parquet text tera net value base

# Foreign headers, and the only room that may include each.
FOREIGN := duckdb.h:engine sqlite3.h:store openssl/:base libfyaml.h:value yajl/:value unistr.h:tera uniwidth.h:tera pcre2.h:base zlib.h:format zstd.h:format bzlib.h:format zip.h:format libxml/:format curl/:net git2.h:net
