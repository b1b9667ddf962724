// Tera 1: see lib.rs. What a pond adds to the language is here as far as the cases use it.
use peers::Case;
use serde_json::{Map, Value};
use std::collections::HashMap;
use tera1::{Context, Error, Tera};

fn group(args: &HashMap<String, Value>) -> tera1::Result<Value> {
    let by = args.get("by").and_then(Value::as_str).ok_or_else(|| Error::msg("by"))?;
    let list = args.get("in").and_then(Value::as_array).ok_or_else(|| Error::msg("in"))?;
    let mut groups = Map::new();
    for item in list {
        let key = item.get(by).and_then(Value::as_str).ok_or_else(|| Error::msg("item"))?;
        let group = groups.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        group.as_array_mut().unwrap().push(item.clone());
    }
    Ok(Value::Object(groups))
}

fn main() {
    let mut case = Case::from_args();
    let mut tera = Tera::default();
    tera.register_function("group", group);
    if case.is_parse {
        // The engine is made once and keeps its filters, which is kinder to it than ours is treated.
        case.measure_parse(|| tera.add_raw_templates(case.templates.iter().map(|(n, t)| (n, t))).expect("templates"));
        return;
    }
    tera.add_raw_templates(case.templates.iter().map(|(n, t)| (n, t))).expect("templates");
    let context = Context::from_value(case.context.take()).expect("a context");
    case.measure_render(|| tera.render(&case.render, &context).expect("a page"));
}
