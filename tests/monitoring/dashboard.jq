# SPDX-License-Identifier: GPL-2.0
#
# Prints what is wrong with a dashboard of Grafana, a line for each fault.

def panels: .panels[] | ., (.panels // [])[];
def shown: panels | select(.type != "row");
def name: "panel \(.id) (\(.title // "no title"))";
def queries:
	(shown | name as $where | .targets[] | {where: "\($where) \(.refId)", expr, datasource}),
	(.annotations.list[] | select(.builtIn != 1) | {where: "annotation \(.name)", expr, datasource}),
	(.templating.list[] | select(.type == "query") |
		{where: "variable \(.name)", expr: .query.query, datasource});
# The texts that match, without their groups.
def all($regex): [match($regex; "g").string];
def variables: all("\\$[A-Za-z_]+|\\$\\{[A-Za-z_]+")[] | ltrimstr("$") | ltrimstr("{");
def given: ["__all", "__rate_interval"] + [.__inputs[].name];

(select(.id != null) | "the id is that of one Grafana: null"),
(select((.uid // "") == "" or (.title // "") == "" or .schemaVersion < 36) |
	"uid, title or schemaVersion is missing"),
(select([.__inputs[] | select(.name == "DS_PROMETHEUS" and .pluginId == "prometheus")] == []) |
	"no input DS_PROMETHEUS"),

([panels.id] | group_by(.)[] | select(length > 1 or .[0] == null) | "id \(.[0]) is that of \(length) panels"),
([shown.title] | group_by(.)[] | select(length > 1) | "title \(.[0]) is that of \(length) panels"),
(panels | select((.title // "") == "") | "\(name) has no title"),
(panels | select(.gridPos | .x + .w > 24) | "\(name) is too wide"),
([panels] | combinations(2) | select(.[0].id < .[1].id) |
	select([.[].gridPos | [.x, .x + .w, .y, .y + .h]] |
		.[0][0] < .[1][1] and .[1][0] < .[0][1] and .[0][2] < .[1][3] and .[1][2] < .[0][3]) |
	"\(.[0] | name) lies over \(.[1] | name)"),
(shown | name as $name |
	select((.description // "") == "") | "\($name) has no description"),
(shown | select((.fieldConfig.defaults.unit // "") == "") | "\(name) has no unit"),
(shown | select(.datasource.uid != "${datasource}") | "\(name) has not the datasource of the variable"),
(shown | select(.targets | length == 0) | "\(name) has no query"),
(shown | name as $name | [.targets[].refId] | group_by(.)[] | select(length > 1) |
	"\($name) has \(length) queries \(.[0])"),
(shown | select(.type == "timeseries") | name as $name | .targets[] | select((.legendFormat // "") == "") |
	"\($name) \(.refId) has no legend"),
(.__requires as $requires | [shown.type] | unique[] | select(IN($requires[].id) | not) |
	"__requires has no \(.)"),

(queries | select(.datasource.uid != "${datasource}") | "\(.where) has not the datasource of the variable"),
(queries | select((.expr | all("\\b(rate|increase|irate|delta)\\(") | length) !=
		(.expr | all("\\b(rate|increase)\\([^()\\[]*\\[\\$__rate_interval\\]\\)") | length)) |
	"\(.where) has a rate() without $__rate_interval"),
(queries | select(.expr | all("\\[[$0-9][^\\]]*\\]") - ["[$__rate_interval]"] != []) |
	"\(.where) has a range that is not $__rate_interval"),
(queries | select(.where | startswith("variable") | not) |
	select((.expr | all("\\b(op25b|node)_[a-z_]+") | length) !=
		(.expr | all("\\b(op25b|node)_[a-z_]+\\{instance=~\"\\$instance\"") | length)) |
	"\(.where) is not of the routers chosen"),
(queries | select(.where | startswith("variable") | not) |
	select((.expr | all("\\bop25b_(pool|packets)_[a-z_]+") | length) !=
		(.expr | all("pool=~\"\\$pool\"") | length)) |
	"\(.where) is not of the pools chosen"),

([.templating.list[].name] + given) as $defined |
	([.. | strings | variables] | unique) as $used |
	($used - $defined | .[] | "variable \(.) is not defined"),
	($defined - $used | .[] | "variable \(.) is not used")
