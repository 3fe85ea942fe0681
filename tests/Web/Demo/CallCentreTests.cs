using System.Globalization;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Web.Demo;

public sealed class CallCentreTests
{
    private const int Days = 8, Seed = 7;
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 4, 30);
    private static readonly Instant End = Start + Duration.FromDays(Days);
    private static readonly Lazy<List<Event>> Week = new(() => [.. new CallCentre(Seed, Start).Until(End)]);

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        var again = new CallCentre(Seed, Start).Until(End).ToList();

        Assert.Equal(Week.Value.Count, again.Count);
        Assert.All(Week.Value.Zip(again), pair => Assert.True(pair.First.Raw.Span.SequenceEqual(pair.Second.Raw.Span)));
    }

    [Fact]
    public void Another_seed_gives_another_history() =>
        Assert.NotEqual(
            Bytes(new CallCentre(1, Start).Until(Start + Duration.FromHours(1))).Select(text => text.Replace("demo-1-", "", StringComparison.Ordinal)),
            Bytes(new CallCentre(2, Start).Until(Start + Duration.FromHours(1))).Select(text => text.Replace("demo-2-", "", StringComparison.Ordinal)));

    [Fact]
    public void Two_steps_give_what_one_step_gives()
    {
        var centre = new CallCentre(Seed, Start);
        var middle = Start + Duration.FromMilliseconds(31_234_567);

        var steps = Bytes(centre.Until(middle)).Concat(Bytes(centre.Until(Start + Duration.FromDays(1)))).ToList();

        Assert.Equal(Bytes(new CallCentre(Seed, Start).Until(Start + Duration.FromDays(1))), steps);
    }

    [Fact]
    public void An_enumeration_that_stops_early_is_taken_up_again()
    {
        var centre = new CallCentre(Seed, Start);
        var to = Start + Duration.FromHours(2);

        var steps = Bytes(centre.Until(to).Take(11)).Concat(Bytes(centre.Until(to))).ToList();

        Assert.Equal(Bytes(new CallCentre(Seed, Start).Until(to)), steps);
    }

    [Fact]
    public void Events_come_in_time_order_inside_the_interval()
    {
        Assert.All(Week.Value.Zip(Week.Value.Skip(1)), pair => Assert.True(pair.First.At <= pair.Second.At));
        Assert.True(Week.Value[0].At >= Start.ToUnixTimeMilliseconds());
        Assert.True(Week.Value[^1].At < End.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void Ids_are_unique_and_sequences_have_no_gap()
    {
        Assert.Equal(Week.Value.Count, Week.Value.Select(e => (e.Source, e.Id)).Distinct().Count());
        Assert.All(Week.Value.GroupBy(e => e.Source), source =>
            Assert.Equal(Enumerable.Range(1, source.Count()).Select(n => (long)n), source.Select(e => e.Sequence)));
    }

    [Fact]
    public void Every_event_says_the_same_in_its_bytes_as_in_its_fields()
    {
        foreach (var e in Week.Value)
        {
            using var json = JsonDocument.Parse(e.Raw);
            var root = json.RootElement;
            Assert.Equal("1.0", root.GetProperty("specversion").GetString());
            Assert.Equal(e.Source, root.GetProperty("source").GetString());
            Assert.Equal(e.Id, root.GetProperty("id").GetString());
            Assert.Equal(e.Type, root.GetProperty("type").GetString());
            Assert.Equal(e.At, Ms(root.GetProperty("time").GetString()!));
            Assert.Equal(e.Subject, Subject.Parse(root.GetProperty("subject").GetString()!));
            Assert.Equal(e.Sequence, root.GetProperty("sequence").GetInt64());
            var data = root.GetProperty("data");
            Assert.Equal(e.DepartmentId, data.TryGetProperty("department_id", out var department) ? department.GetString() : null);
            Assert.Equal(JsonSerializer.Serialize(e.Data, e.Data!.GetType(), EventJson.Default), data.GetRawText());
            Assert.NotNull(data.Deserialize(EventTypes.All[e.Type], EventJson.Default));
        }
    }

    [Fact]
    public void Rates_are_those_of_a_busy_but_sane_call_centre()
    {
        Assert.InRange(PerHour("contact.initiated"), 35, 55);
        Assert.InRange(PerHour("ticket.created"), 8, 15);
        Assert.InRange(PerHour("callback.promised"), 3, 8);
        var answered = Count("contact.answered");
        Assert.InRange(Share(Count("contact.abandoned"), answered), 0.04, 0.25);
        var waits = Week.Value.Select(e => e.Data).OfType<ContactAnswered>().ToList();
        Assert.InRange(Share(waits.Count(call => call.WaitS > 20), waits.Count), 0.02, 0.4);
    }

    [Fact]
    public void No_hour_is_silent()
    {
        var hours = Week.Value.Where(e => e.Type == "contact.initiated")
            .GroupBy(e => (e.At - Start.ToUnixTimeMilliseconds()) / 3_600_000).ToDictionary(hour => hour.Key, hour => hour.Count());

        Assert.All(Enumerable.Range(0, Days * 24), hour => Assert.InRange(hours.GetValueOrDefault(hour), 5, 200));
    }

    [Fact]
    public void About_one_caller_in_five_calls_again()
    {
        var customers = Week.Value.Select(e => e.Data).OfType<ContactInitiated>().GroupBy(call => call.CustomerRef).ToList();

        Assert.InRange(Share(customers.Count(calls => calls.Count() > 1), customers.Count), 0.12, 0.28);
    }

    [Fact]
    public void About_nine_callbacks_in_ten_are_attempted_in_time()
    {
        var last = End.ToUnixTimeMilliseconds();
        var callbacks = Week.Value.Where(e => e.Subject.Kind == SubjectKind.Callback).GroupBy(e => e.Subject)
            .Select(story => (Due: Due((CallbackPromised)story.First().Data!), At: story.FirstOrDefault(e => e.Data is CallbackAttempted)?.At ?? long.MaxValue))
            .Where(callback => callback.Due < last).ToList();

        Assert.InRange(Share(callbacks.Count(callback => callback.At <= callback.Due), callbacks.Count), 0.86, 0.96);
    }

    [Fact]
    public void About_one_ticket_in_ten_is_resolved_late()
    {
        var due = Tickets().Where(ticket => ticket.ResolutionDue < End.ToUnixTimeMilliseconds()).ToList();

        Assert.InRange(Share(due.Count(ticket => ticket.Resolved > ticket.ResolutionDue), due.Count), 0.06, 0.16);
    }

    [Fact]
    public void In_the_steady_state_there_are_always_open_tickets_and_some_are_due_soon()
    {
        const long HalfHour = 30 * 60_000;
        var tickets = Tickets().ToList();
        var soon = new List<int>();
        for (var at = (Start + Duration.FromDays(2)).ToUnixTimeMilliseconds(); at < End.ToUnixTimeMilliseconds() - HalfHour; at += HalfHour)
        {
            var open = tickets.Where(ticket => ticket.Created <= at && ticket.Ended > at).ToList();
            Assert.InRange(open.Count, 50, 150);
            soon.Add(open.Count(ticket => ticket.Clocks.Any(clock => clock.From <= at && clock.Stop > at && clock.Due > at && clock.Due <= at + HalfHour)));
        }
        Assert.True(soon.Average() >= 3, $"{soon.Average()} tickets due within 30 minutes");
        Assert.DoesNotContain(0, soon);
    }

    private sealed record Ticket(long Created, long Ended, long Resolved, long ResolutionDue, IReadOnlyList<(long From, long Due, long Stop)> Clocks);

    /// <summary>The clocks of sla-default, worked out again from the events alone; a pause is taken as known from the start.</summary>
    private static IEnumerable<Ticket> Tickets() =>
        Week.Value.Where(e => e.Subject.Kind == SubjectKind.Ticket).GroupBy(e => e.Subject).Select(story =>
        {
            var events = story.ToList();
            long First(params string[] types) => events.Find(e => types.Contains(e.Type))?.At ?? long.MaxValue;
            var (created, priority) = (events[0].At, ((TicketCreated)events[0].Data!).Priority!.Value);
            var paused = events.Any(e => e.Type == "ticket.clock_resumed") ? First("ticket.clock_resumed") - First("ticket.clock_paused") : 0;
            var resolved = First("ticket.resolved", "ticket.withdrawn");
            var due = created + (long)Limit(priority).TotalMilliseconds + paused;
            var clocks = events.Where(e => e.Type == "ticket.dispatched")
                .Select(e => (e.At, Data: (TicketDispatched)e.Data!))
                .Select(sent => (sent.At, Ms(sent.Data.DueAt!), events.Find(e => (e.Data as TicketDispatchAnswered)?.DispatchId == sent.Data.DispatchId)?.At ?? long.MaxValue))
                .ToList();
            clocks.Add((created, due, resolved));
            return new Ticket(created, events.FindLast(e => e.Type is "ticket.closed" or "ticket.withdrawn")?.At ?? long.MaxValue, resolved, due, clocks);
        });

    private static TimeSpan Limit(int priority) => priority switch { 1 => TimeSpan.FromHours(4), 2 => TimeSpan.FromDays(1), 3 => TimeSpan.FromDays(3), _ => TimeSpan.FromDays(5) };

    private static IEnumerable<string> Bytes(IEnumerable<Event> events) => events.Select(e => System.Text.Encoding.UTF8.GetString(e.Raw.Span));

    private static int Count(string type) => Week.Value.Count(e => e.Type == type);

    private static double PerHour(string type) => Count(type) / (Days * 24.0);

    private static double Share(int part, int whole) => (double)part / whole;

    private static long Due(CallbackPromised promise) => Ms(promise.DueAt ?? promise.WindowEnd!);

    private static long Ms(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
