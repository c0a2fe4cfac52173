package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// eachIn calls yield for every element of an array in a file: the document itself, or a member of it by one of the names.
// Only an element is in memory.
func eachIn(path string, names []string, yield func(json.RawMessage) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := eachElement(json.NewDecoder(file), names, yield); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func eachElement(d *json.Decoder, names []string, yield func(json.RawMessage) error) error {
	start, err := d.Token()
	if err != nil {
		return err
	}
	if start == json.Delim('[') {
		return elements(d, yield)
	}
	if start != json.Delim('{') {
		return errors.New("it is neither an object nor an array")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		text, _ := name.(string)
		if slices.Contains(names, text) {
			if open, err := d.Token(); err != nil || open != json.Delim('[') {
				return errors.Join(err, fmt.Errorf("%q is no array", text))
			}
			if err := elements(d, yield); err != nil {
				return err
			}
			continue
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	_, err = d.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func elements(d *json.Decoder, yield func(json.RawMessage) error) error {
	for d.More() {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return err
		}
		if err := yield(element); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}
