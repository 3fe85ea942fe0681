using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Alerts;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Demo;
using OpsMonitor.Web.Departments;
using OpsMonitor.Web.Duty;
using OpsMonitor.Web.Explain;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Lists;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Out;
using OpsMonitor.Web.Past;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Rules;
using OpsMonitor.Web.Sources;
using OpsMonitor.Web.Vault;

namespace OpsMonitor.Web.Serve;

/// <summary>Puts one server together: host, doors, pages. Holds no rule of its own.</summary>
public static class Server
{
    public static WebApplication Build(ServeOptions options, Action<string> announce)
    {
        var referenceFolder = FolderOf(options);
        ReferenceData.Load(referenceFolder); // a file that breaks a rule is said before anything is written down
        TimeProvider clock = options.Speed > 1 ? new FastClock(options.Speed) : TimeProvider.System;
        Directory.CreateDirectory(options.DataFolder);
        var store = ReferenceStore.Open(options.DataFolder, referenceFolder, clock.GetUtcNow().ToUnixTimeMilliseconds(), announce);
        var reference = store.Current;
        var start = StartState.Read(referenceFolder, reference, reference);
        return Build(options, reference, start, clock, announce, services =>
        {
            services.AddSingleton(store);
            if (options.Demo) AddDemo(services, options, start, clock, announce);
            else Own(services, LocalHost.Open(
                new(options.DataFolder, start.SetWith([]), options.BackfillUntil)
                {
                    Reread = start.SetWith, Channels = OutboxRow.WebAndOutside, LeaveAfterMs = options.LeaveAfterMs, PoliciesMark = StartState.MarkOf(referenceFolder) + store.Mark,
                    Rollups = new(new BoardDirectory(reference, house: ZoneOf(options)).Today, MetricJson.Text), ArchiveAfterMs = options.ArchiveAfterDays * 86_400_000L,
                },
                clock, announce));
        });
    }

    private static DateTimeZone ZoneOf(ServeOptions options) => DateTimeZoneProviders.Tzdb[options.Zone];

    /// <summary>The same doors and pages before another host; whoever made it disposes it.</summary>
    public static WebApplication Build(ServeOptions options, ReferenceData reference, IOpsHost host, Action<string> announce) =>
        Build(options, reference, StartState.Read(FolderOf(options), reference), TimeProvider.System, announce, services => services.AddSingleton(host));

    private static WebApplication Build(
        ServeOptions options, ReferenceData reference, StartState start, TimeProvider clock, Action<string> announce, Action<IServiceCollection> addHost)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory, WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"),
        });
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls(options.Url);
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = 1 << 20;
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        AddDoors(builder.Services, options, reference, start, clock, announce);
        builder.Services.AddAdapters(options.DataFolder, FolderOf(options), announce);
        addHost(builder.Services);
        builder.Services.AddBoard(ZoneOf(options));
        builder.Services.AddDepartments();
        builder.Services.AddChannels(options.DataFolder);
        builder.Services.AddStream();
        return Map(builder.Build());
    }

    private static void AddDoors(IServiceCollection services, ServeOptions options, ReferenceData reference, StartState start, TimeProvider clock, Action<string> announce)
    {
        Directory.CreateDirectory(options.DataFolder);
        var keys = ApiKeyStore.OpenOrCreate(options.DataFolder, out var firstKey);
        if (firstKey is not null) AnnounceKey(announce, options.Url, firstKey);
        services.AddSingleton(keys);
        services.AddSingleton(reference);
        services.AddSingleton(start);
        services.AddSingleton<PolicyStore>();
        services.AddSingleton(FileHistory.Open(options.DataFolder, start, clock.GetUtcNow().ToUnixTimeMilliseconds(), announce));
        services.AddSingleton(clock);
        services.AddSingleton(options);
        services.AddSingleton<AlertDesk>();
        services.AddSingleton(new SourceSamples(clock));
        // By a factory, so that the container disposes it.
        services.AddSingleton(_ => CustomerVault.Open(options.DataFolder));
        services.AddSingleton<IEventSink>(s => new VaultSink(new HostSink(s.GetRequiredService<IOpsHost>(), s.GetRequiredService<SourceSamples>()), s.GetRequiredService<CustomerVault>()));
    }

    private static void AddDemo(IServiceCollection services, ServeOptions options, StartState policies, TimeProvider clock, Action<string> announce)
    {
        var start = Instant.FromDateTimeOffset(clock.GetUtcNow()) - Duration.FromDays(DemoFeed.DaysBehind);
        var centre = new CallCentre(options.Seed, start);
        services.AddSingleton(centre);
        Own(services, LocalHost.Open(new(null, policies.SetWith([])) { Reread = policies.SetWith, Past = DemoFeed.Past(centre, start, clock) }, clock, announce));
        services.AddHostedService<DemoFeed>();
    }

    // By a factory, so that the container disposes it: a clean stop writes a snapshot and lets the data folder go.
    private static void Own(IServiceCollection services, LocalHost host) => services.AddSingleton<IOpsHost>(_ => new OneMachine(host));

    private static string? FolderOf(ServeOptions options) =>
        options.Reference ?? (options.Demo ? Path.Combine(AppContext.BaseDirectory, "Demo", "reference") : Beside(options.DataFolder));

    private static string? Beside(string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "reference");
        return Directory.Exists(folder) ? folder : null;
    }

    private static void AnnounceKey(Action<string> announce, string url, string key)
    {
        announce("A key for your first integration (shown this once, kept only as a hash):");
        announce($"  {key}");
        announce("Try it:");
        announce($"  curl -sS {url}/api/v1/events -H 'Authorization: Bearer {key}' -H 'Content-Type: application/cloudevents+json' \\");
        announce("    -d '{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"try\",\"type\":\"ticket.created\",\"time\":\"'$(date -u +%FT%TZ)'\"," +
            "\"subject\":\"ticket/T-1\",\"data\":{\"kind\":\"complaint\",\"channel\":\"phone\",\"department_id\":\"billing\",\"priority\":1}}'");
    }

    private static WebApplication Map(WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseStatusCodePages(static c => Unanswered.WriteAsync(c.HttpContext));
        // Revalidated by ETag on every load: after an upgrade a wall never runs yesterday's script.
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = static file => file.Context.Response.Headers.CacheControl = "no-cache" });
        app.MapEvents();
        app.MapAdapters();
        app.MapGroup("").RequireKeyOrLoopback().MapKept();
        app.MapGroup("").RequireKey(KeyScope.Admin).MapKeptActs();
        app.MapCustomers();
        app.MapGet("/openapi/v1.json", (RequestDelegate)(static c =>
        {
            c.Response.ContentType = "application/json";
            return c.Response.SendFileAsync(Path.Combine(AppContext.BaseDirectory, "Api", "openapi.json"), c.RequestAborted);
        })).RequireKeyOrLoopback();
        app.MapGet("/", () => Results.Redirect("/board/all"));
        app.MapGet("/board/{id}", (IWebHostEnvironment environment) =>
            Results.Stream(environment.WebRootFileProvider.GetFileInfo("board.html").CreateReadStream(), "text/html; charset=utf-8")).RequireKeyOrLoopback();
        foreach (var (route, page) in new[]
        {
            ("/policies", "policies.html"), ("/explain/{id}", "explain.html"), ("/a/{code}", "alert.html"), ("/alarms", "alarms.html"), ("/channels", "channels.html"),
            ("/d/{id}", "department.html"), ("/duty", "duty.html"), ("/list", "list.html"), ("/numbers", "numbers.html"), ("/rules", "rules.html"), ("/sources", "sources.html"),
        })
            app.MapGet(route, (IWebHostEnvironment environment) =>
                Results.Stream(environment.WebRootFileProvider.GetFileInfo(page).CreateReadStream(), "text/html; charset=utf-8")).RequireKeyOrLoopback();
        app.MapBoard().RequireKeyOrLoopback();
        app.MapGroup("").RequireKeyOrLoopbackWithin().MapRead();
        app.MapGroup("").RequireKeyOrLoopback().MapPast();
        app.MapGroup("").RequireKeyOrLoopbackWithin().MapLists();
        if (app.Services.GetService<ReferenceStore>() is not null) // a cluster takes its lists from the files that all nodes share
        {
            app.MapGroup("").RequireKeyOrLoopback().MapReference();
            app.MapGroup("").RequireKey(KeyScope.Admin).MapReferenceSaving();
        }
        app.MapGroup("").RequireKeyOrLoopback().MapSources();
        app.MapGaps().RequireKeyOrLoopback(or: KeyScope.Ingest);
        app.MapGroup("").RequireKeyOrLoopbackWithin().MapStream();
        app.MapMetrics().RequireKey(KeyScope.Metrics, KeyScope.Read);
        app.MapGroup("").RequireKeyOrLoopback().MapAlert();
        app.MapAlertActs();
        app.MapGroup("").RequireKeyOrLoopback().MapSilences();
        app.MapSilenceActs();
        app.MapGroup("").RequireKeyOrLoopback().MapAlarmLoad();
        app.MapGroup("").RequireKeyOrLoopback().MapDuty();
        app.MapGroup("").RequireKeyOrLoopback().MapExplain();
        app.MapGroup("").RequireKeyOrLoopback().MapPolicies();
        app.MapGroup("").RequireKey(KeyScope.Admin).MapPolicySaving();
        app.MapGroup("").RequireKeyOrLoopback().MapChannels();
        app.MapGroup("").RequireKey(KeyScope.Admin).MapChannelActs();
        app.MapGroup("").RequireKeyOrLoopback().MapRules();
        app.MapGroup("").RequireKeyOrLoopback().MapRuleHistory();
        app.MapGroup("").RequireKey(KeyScope.Admin).MapRuleSaving();
        app.MapGroup("").RequireKeyOrLoopback().MapDepartments();
        app.MapDepartmentActs();
        app.MapHealth();
        return app;
    }
}
