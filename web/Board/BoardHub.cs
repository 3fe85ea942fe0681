using NodaTime;
using Microsoft.AspNetCore.SignalR;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Board;

/// <summary>The wall's line. It only watches; nothing is sent up on it.</summary>
public sealed class BoardHub(BoardFeed feed) : Hub
{
    /// <summary>First the whole board, then <c>[seq,t,alarmRev,[index,cell,...]]</c>; without cells it is the beat of every second.</summary>
    /// <param name="lastSeq">what the viewer has; the answer begins with a whole board whatever it is</param>
    /// <exception cref="HubException">There is no such board.</exception>
    public IAsyncEnumerable<object> Watch(string board, long lastSeq, string? epoch, CancellationToken stop) => feed.Watch(board, stop);
}

/// <summary>The wall's server side. Needs a <c>IOpsHost</c> among the services; reference data where there is some.</summary>
public static class BoardEndpoints
{
    public const string HubPath = "/hub/board";

    /// <param name="house">the zone where no department has one; null for UTC</param>
    public static void AddBoard(this IServiceCollection services, DateTimeZone? house = null)
    {
        services.AddSignalR();
        services.AddSingleton(p => new BoardDirectory(p.GetService<ReferenceData>() ?? ReferenceData.Empty, p.GetService<ReferenceStore>(), house));
        services.AddSingleton<BoardFeed>();
        services.AddHostedService(p => p.GetRequiredService<BoardFeed>());
    }

    /// <summary>Returns the hub, so that a rule of access can be put on it.</summary>
    public static IEndpointConventionBuilder MapBoard(this IEndpointRouteBuilder routes) => routes.MapHub<BoardHub>(HubPath);
}
