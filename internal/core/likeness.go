package core

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Names of apps that nobody vouches for. What people read must not look like something that they know.

// StrangersName reports whether a stranger may have a name: visible, of letters of one script (or of those that are written
// side by side), digits and plain punctuation. A name that reads like a host is not for a stranger: the page shows the real one.
func StrangersName(s string) bool {
	if !VisibleName(s) || hostPattern.MatchString(strings.ToLower(s)) && strings.Contains(s, ".") {
		return false
	}
	scripts, marks := map[string]bool{}, 0
	for _, c := range norm.NFC.String(s) {
		switch {
		case unicode.Is(unicode.Mn, c):
			if marks++; marks > 2 {
				return false // a pile of them covers the line above
			}
			continue
		case unicode.IsLetter(c):
			scripts[scriptOf(c)] = true
		case c > unicode.MaxASCII && !unicode.IsDigit(c) && !unicode.Is(unicode.Mc, c) && !strings.ContainsRune("·–—’、。・", c):
			return false // pictures, and signs that look like letters
		}
		marks = 0
	}
	return !scripts[""] && apart(scripts)
}

// scripts that names are written in. Letters of any other are refused: hardly anybody reads them, and some look like Latin.
var scriptNames = []string{
	"Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Tamil", "Telugu", "Kannada", "Malayalam",
	"Sinhala", "Thai", "Lao", "Georgian", "Ethiopic", "Khmer", "Han", "Hiragana", "Katakana", "Bopomofo", "Hangul",
}

func scriptOf(c rune) string {
	for _, name := range scriptNames {
		if unicode.Is(unicode.Scripts[name], c) {
			return name
		}
	}
	if c == 'ー' { // belongs to both kanas
		return "Katakana"
	}
	return ""
}

// apart reports whether no two of the scripts can be mistaken for one another. Latin stands beside the East Asian ones.
func apart(scripts map[string]bool) bool {
	others := 0
	for name := range scripts {
		switch name {
		case "Latin", "Han", "Hiragana", "Katakana", "Bopomofo", "Hangul":
		default:
			others++
		}
	}
	return others == 0 || others == 1 && len(scripts) == 1
}

// Likeness is the same for names that look the same at a glance: without case, accents, spaces and punctuation, and with each
// letter replaced by the one that it is taken for. It is never empty if the name is not.
func Likeness(name string) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(name))) {
		if unicode.Is(unicode.Mn, c) {
			continue
		}
		if plain, ok := lookalikes[c]; ok {
			b.WriteString(plain)
		} else if unicode.IsLetter(c) || unicode.IsDigit(c) {
			b.WriteRune(c)
		}
	}
	if b.Len() == 0 {
		return name
	}
	return pairs.Replace(b.String())
}

// pairs that are read as one letter.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// lookalikes by what they are taken for. All of i, l, 1 and | are one.
var lookalikes = func() map[rune]string {
	all := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe"}
	for plain, letters := range map[string]string{
		"a": "аαɑ@", "b": "вьƅ", "c": "сϲ", "d": "ԁđ", "e": "еєεҽ3", "f": "ƒ", "g": "ɡց", "h": "һнհ", "j": "јϳ", "k": "кκ", "l": "iıіιӏ1|!ⅼłɩ",
		"m": "мⅿ", "n": "пηոռ", "o": "оοσօ0ø", "p": "рρ", "q": "ԛգ", "r": "гг", "s": "ѕ5$ʂ", "t": "тτ", "u": "υսʋ", "v": "νѵ", "w": "ԝωѡ", "x": "хχ", "y": "уγүყ", "z": "ᴢʐ",
	} {
		for _, c := range letters {
			all[c] = plain
		}
	}
	return all
}()

// PosesAs reports whether a name looks like it belongs to whoever has the other: "Launchpad Support" is not Launchpad's.
func PosesAs(name, other string) bool {
	return other != "" && strings.Contains(Likeness(name), Likeness(other))
}
