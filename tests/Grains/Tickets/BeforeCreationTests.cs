using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Tickets;

/// <summary>Two systems' clocks differ: what was done with a ticket may be stamped before the ticket was created.</summary>
public sealed class BeforeCreationTests
{
    private static readonly TicketCreated Complaint = new(TicketKind.Complaint, Channel.Phone, Priority: 3);

    [Fact]
    public void A_ticket_dispatched_ten_seconds_before_it_was_created_stands_where_it_was_sent()
    {
        var story = Story.Of().At("09:00:00", "ticket/T-1", Complaint with { DepartmentId = "billing" })
            .Told("09:00:05", "08:59:50", "ticket/T-1", new TicketDispatched("D-1", "network", DispatchRole.Lead));
        Assert.Equal("network", story.Shard.Find(new(SubjectKind.Ticket, "T-1"))!.DepartmentId);
        Assert.Equal((1L, 0L), (story.Report("department/network")["tickets.created"], story.Report("department/billing")["tickets.created"]));
    }
}
