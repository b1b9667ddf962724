// minijinja: see lib.rs. run.py writes the templates in its language. Filters and functions that it has not, and the cases
// use, are here.
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};
use peers::Case;
use std::collections::BTreeMap;

fn group(args: Kwargs) -> Result<Value, Error> {
    let by: &str = args.get("by")?;
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in args.get::<Value>("items")?.try_iter()? {
        groups.entry(item.get_attr(by)?.as_str().expect("a name").to_string()).or_default().push(item);
    }
    Ok(groups.into_iter().collect())
}

fn date(seconds: i64, args: Kwargs) -> Result<String, Error> {
    Ok(peers::date(seconds, args.get("format")?))
}

fn cut(text: &str, args: Kwargs) -> Result<String, Error> {
    let length: usize = args.get("length")?;
    Ok(match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    })
}

// Without the ".0" of a whole number, as the others print it.
fn fixed(number: f64, args: Kwargs) -> Result<Value, Error> {
    let scale = 10f64.powi(args.get("precision")?);
    let rounded = (number * scale).round() / scale;
    Ok(if rounded.fract() == 0.0 { Value::from(rounded as i64) } else { Value::from(rounded) })
}

fn main() {
    let mut case = Case::from_args();
    let mut env = Environment::new();
    env.set_keep_trailing_newline(true);
    env.add_function("group", group);
    env.add_filter("date", date);
    env.add_filter("cut", cut);
    env.add_filter("fixed", fixed);
    env.add_filter("pluralize", |n: i64| if n == 1 { "" } else { "s" });
    if case.is_parse {
        case.measure_parse(|| {
            for (name, text) in &case.templates {
                env.add_template_owned(name.clone(), text.clone()).expect("templates");
            }
        });
        return;
    }
    for (name, text) in &case.templates {
        env.add_template_owned(name.clone(), text.clone()).expect("templates");
    }
    let context = Value::from_serialize(case.context.take());
    let template = env.get_template(&case.render).expect("a template");
    case.measure_render(|| template.render(&context).expect("a page"));
}
