// Package sample is the API that the demo protects: two accounts with different dashboards.
//
// It trusts the gateway's headers, as a real upstream does, and knows nothing else of Launchpad.
package sample
