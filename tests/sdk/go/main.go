// Segment's library for Go: each kind of call, once. usage: main HOST KEY
package main

import (
	"log"
	"os"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

type failures struct{}

func (failures) Success(analytics.Message)            {}
func (failures) Failure(_ analytics.Message, e error) { log.Fatal(e) }

func main() {
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{Endpoint: os.Args[1], Callback: failures{},
		DefaultContext: &analytics.Context{App: analytics.AppInfo{Name: "go-app"}}})
	if err != nil {
		log.Fatal(err)
	}
	messages := []analytics.Message{
		analytics.Identify{UserId: "go-user", AnonymousId: "go-anonymous", Traits: analytics.NewTraits().Set("plan", "gold")},
		analytics.Track{UserId: "go-user", Event: "Paid", Properties: analytics.NewProperties().Set("price", 12.5), Timestamp: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
		analytics.Page{UserId: "go-user", Name: "Home"},
		analytics.Screen{UserId: "go-user", Name: "Main"},
		analytics.Group{UserId: "go-user", GroupId: "go-group"},
		analytics.Alias{UserId: "go-user", PreviousId: "go-before"},
	}
	for _, message := range messages {
		if err := client.Enqueue(message); err != nil {
			log.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
}
