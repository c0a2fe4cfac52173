package web

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"io/fs"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed messages
var messageFiles embed.FS

// catalogue holds every sentence that a person reads. Adding a language is adding a file.
type catalogue struct {
	bundle     *i18n.Bundle
	matcher    language.Matcher
	localizers []*i18n.Localizer
	tags       []language.Tag
}

func loadCatalogue() (*catalogue, error) {
	c := &catalogue{bundle: i18n.NewBundle(language.English)}
	c.bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	files, err := fs.Glob(messageFiles, "messages/*.toml")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if _, err := c.bundle.LoadMessageFileFS(messageFiles, name); err != nil {
			return nil, fmt.Errorf("load messages: %w", err)
		}
	}
	c.tags = c.bundle.LanguageTags()
	c.matcher = language.NewMatcher(c.tags)
	for _, tag := range c.tags {
		c.localizers = append(c.localizers, i18n.NewLocalizer(c.bundle, tag.String()))
	}
	return c, nil
}

// words is the catalogue in the reader's language.
type words struct {
	localizer *i18n.Localizer
	tag       language.Tag
}

// forHeader picks the language by Accept-Language. Only languages that exist are ever held, so a flood of
// made-up ones costs nothing.
func (c *catalogue) forHeader(accept string) words {
	index := 0
	if len(accept) <= 200 {
		if wanted, _, err := language.ParseAcceptLanguage(accept); err == nil {
			_, index, _ = c.matcher.Match(wanted...)
		}
	}
	return words{c.localizers[index], c.tags[index]}
}

// T gives a message. pairs are names and values for its placeholders; the name Count also picks the plural.
func (w words) T(id string, pairs ...any) (string, error) {
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: fields(pairs)}
	if count, ok := fields(pairs)["Count"]; ok {
		config.PluralCount = count
	}
	return w.localizer.Localize(config)
}

// H gives a message that has markup of its own; the values are escaped.
func (w words) H(id string, pairs ...any) (template.HTML, error) {
	safe := make([]any, len(pairs))
	for i, v := range pairs {
		safe[i] = v
		if i%2 == 1 {
			safe[i] = html.EscapeString(fmt.Sprint(v))
		}
	}
	text, err := w.T(id, safe...)
	return template.HTML(text), err // the catalogue is ours and the values are escaped
}

func fields(pairs []any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}
