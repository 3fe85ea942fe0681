using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Demo;

/// <summary>Decides what becomes of a handled call: nothing, a ticket, word to an open ticket, a promise to call back.</summary>
internal sealed class CaseDesk(Agenda agenda, Dice dice, EventLog log, Weather weather, Customers customers, CallbackDesk callbacks)
{
    private readonly Dictionary<string, TicketStory> _open = new(StringComparer.Ordinal);
    private int _count;

    public void Open()
    {
        NextLetter();
        NextUrgent();
    }

    /// <summary>A handled call; <paramref name="receivedAt"/> in Unix ms. Returns the ticket that it is about, if any.</summary>
    public string? Handled(Caller caller, string contact, long receivedAt)
    {
        string? ticket = null;
        if (_open.TryGetValue(caller.Ref, out var story))
        {
            ticket = story.Id;
            log.Contact(contact, new ContactLinked(ticket, "chase"));
            if (dice.Chance(0.6)) log.Ticket(ticket, new TicketExpedited("customer", 1));
        }
        else if (dice.Chance(caller.Queue switch { "complaints" => 0.5, "vip" => 0.3, _ => 0.12 }))
        {
            ticket = Create(caller, Channel.Phone, contact, receivedAt);
            log.Contact(contact, new ContactLinked(ticket, "origin"));
        }
        if (dice.Chance(0.11))
        {
            var kind = ticket is not null ? CallbackKind.Progress : dice.Chance(0.25) ? CallbackKind.Scheduled : CallbackKind.Promise;
            callbacks.Promise(kind, InWholeMinutes(dice.Minutes(kind == CallbackKind.Scheduled ? 90 : 30, 240)), caller, contact, ticket);
        }
        return ticket;
    }

    /// <summary>A caller left the queue for a call back within the hour.</summary>
    public string CallBack(Caller caller, string contact) =>
        callbacks.Promise(CallbackKind.VirtualQueue, InWholeMinutes(dice.Minutes(30, 60)), caller, contact, null);

    private long InWholeMinutes(long delay) => (agenda.Now + delay) / Scenario.Minute * Scenario.Minute;

    /// <summary>Complaints by web, e-mail and social media: a few an hour, at any hour.</summary>
    private void NextLetter()
    {
        agenda.In(dice.Exponential(Scenario.Hour / 2.5), () =>
        {
            var channel = dice.Weighted(0.5, 0.35, 0.15) switch { 0 => Channel.Web, 1 => Channel.Email, _ => Channel.Social };
            Create(customers.New(), channel, null, agenda.Now);
            NextLetter();
        });
    }

    /// <summary>Every twenty minutes a supervisor asks about one open ticket: so something is always due within the half hour.</summary>
    private void NextUrgent()
    {
        agenda.In(dice.Minutes(17, 21), () =>
        {
            var candidates = _open.Values.Where(story => story.ResolvesAt > agenda.Now + Scenario.Hour).ToList();
            if (candidates.Count > 0) dice.Pick(candidates).AskUrgently();
            NextUrgent();
        });
    }

    private string Create(Caller caller, Channel channel, string? contact, long receivedAt)
    {
        var department = caller.Department.Id;
        var vip = caller.Queue == "vip";
        var priority = 1 + (vip ? dice.Weighted(0.4, 0.45, 0.15) : dice.Weighted(0.28, 0.41, 0.23, 0.08));
        var kind = dice.Weighted(0.74, 0.12, 0.09, 0.05) switch
        {
            0 => TicketKind.Complaint,
            1 => TicketKind.Incident,
            2 => TicketKind.Request,
            _ => TicketKind.Inquiry,
        };
        var id = $"T-{(1000 + ++_count).ToString(CultureInfo.InvariantCulture)}";
        log.Ticket(id, new TicketCreated(
            kind, channel, EventLog.Rfc3339(receivedAt), department, caller.Category, Severity: priority == 1 ? "major" : "normal", Priority: priority,
            CustomerRef: caller.Ref, CustomerTier: vip ? "vip" : null, IssueKey: caller.Issue, Product: caller.Product, OriginContactId: contact), department);
        var story = new TicketStory(id, department, priority, agenda, dice, log, weather.IsBad(department), callbacks.Owner(department))
        {
            Ended = () => _open.Remove(caller.Ref),
        };
        _open[caller.Ref] = story;
        story.Begin(onTheSpot: channel == Channel.Phone && priority > 2 && dice.Chance(0.25));
        return id;
    }
}
