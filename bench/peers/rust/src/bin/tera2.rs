// Tera 2: see lib.rs. run.py writes the templates in its language. Filters and functions that it has not, and the cases use,
// are here; those of the case that is only parsed need to exist.
use peers::Case;
use std::collections::BTreeMap;
use tera2::{Context, Error, Kwargs, State, Tera, TeraResult, Value};

fn group(args: Kwargs, _: &State) -> TeraResult<Value> {
    let by = args.must_get::<&str>("by")?;
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in args.must_get::<&[Value]>("in")? {
        let key = item.get_from_path(by).and_then(Value::as_str).ok_or_else(|| Error::message("item"))?;
        groups.entry(key.to_string()).or_default().push(item.clone());
    }
    let mut map = tera2::Map::new();
    for (key, items) in groups {
        map.insert(key.into(), items.into());
    }
    Ok(map.into())
}

fn date(seconds: i64, args: Kwargs, _: &State) -> TeraResult<String> {
    Ok(peers::date(seconds, args.must_get::<&str>("format")?))
}

fn main() {
    let mut case = Case::from_args();
    let mut tera = Tera::default();
    tera.register_function("group", group);
    tera.register_filter("date", date);
    if case.is_parse {
        for name in ["filter", "json_encode", "slice", "slugify", "striptags", "urlencode"] {
            tera.register_filter(name, |value: Value, _: Kwargs, _: &State| value);
        }
        case.measure_parse(|| {
            tera.add_raw_templates(case.templates.iter().map(|(n, t)| (n, t))).expect("templates")
        });
        return;
    }
    tera.add_raw_templates(case.templates.iter().map(|(n, t)| (n, t))).expect("templates");
    let context = Context::from_serialize(&case.context.take()).expect("a context");
    case.measure_render(|| tera.render(&case.render, &context).expect("a page"));
}
