package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Manual is docs/doctor.md: every check, from the table that is run.
func Manual() string {
	var b strings.Builder
	b.WriteString(head)
	for _, family := range families {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", family.name, family.id, family.known)
	}
	for _, area := range areas {
		fmt.Fprintf(&b, "\n## %s\n", area.name)
		for _, c := range area.checks {
			fmt.Fprintf(&b, "\n### %s\n%s.\n\n* Otherwise (%s): %s\n* Mend: %s\n* Concerns: %s.\n", c.ID, c.Looks, c.Worst, c.Breaks, c.Mend, concerned(c))
		}
	}
	return b.String()
}

func concerned(c Check) string {
	if len(c.Concerns) == len(families) {
		return "everybody"
	}
	var list []string
	for _, family := range families {
		if slices.Contains(c.Concerns, family.id) {
			list = append(list, family.name)
		}
	}
	return strings.Join(list, ", ")
}

const head = `# What the doctor looks at

Made by ` + "`launchpad doctor manual`" + ` from the table of checks.

    launchpad doctor https://id.example.com --api https://api.example.com/v3/dashboards

looks at a running deployment from outside, as an agent, a library and a browser would, and says what each family of clients
would stumble over: what breaks, what was received and expected, and how to mend it. Run it from where your clients are, after
every change of what stands in front. It sends no secret, registers nothing and changes nothing; whatever it sends is meant to
be refused. It follows no redirects, and asks no host but the issuer's and those of the APIs. About a hundred requests are
made, one after the other; a server whose limits are lower answers some with 429, which the report then shows.

| | |
|---|---|
| ` + "`ISSUER`" + ` | to the character, as clients have it; without it, that of ` + "`--config`" + ` and the environment |
| ` + "`--api URL`" + ` | an address that needs a token; repeatable |
| ` + "`--client-id`, `--redirect-uri`" + ` | of an app that exists: then what only an app is told is looked at, too |
| ` + "`--output text\\|json`" + ` | the JSON keeps its members |
| ` + "`--timeout`" + ` | for one request (5s); everything may take two minutes |
| exit status | 0: nothing fails; 1: something does; 2: could not look |

*fails*: some clients cannot go on, or are not safe. *stumbles*: some get less, or only sometimes. *not applicable* says why.

## Families of clients

| | in JSON | what is known of them |
|---|---|---|
`
