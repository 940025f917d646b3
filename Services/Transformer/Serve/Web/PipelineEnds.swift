import Charts
import DataContract
import Pipeline
import SQL

/// The two ends of a pipeline: fields of topics, which raw tables are made of, and charts, which are made of models.
struct PipelineEnds: Sendable {
    /// A field of the messages of a topic.
    struct Field: Encodable, Sendable {
        let topic: String, field: String
        /// Where it lands.
        let table: String
    }

    /// A chart, and the columns that it takes.
    struct Chart: Encodable, Sendable {
        let name: String, title: String
        /// The dashboards that show it.
        let dashboards: [String]
        /// `schema.name.column`
        let columns: [String]
    }

    /// What cannot be read, one line each.
    let problems: [String]
    private let fields: [SourceReference: Field]
    private let charts: [(chart: Chart, columns: Set<SourceReference>)]

    init(of folder: PipelineFolder) {
        let contracts = folder.readContracts()
        var fields: [SourceReference: Field] = [:]
        for contract in contracts.contracts {
            for property in contract.properties {
                let table = "\(contract.table)".lowercased()
                fields[SourceReference(table: table, column: property.name)] = Field(
                    topic: contract.topic.name, field: property.name, table: table)
            }
        }
        let definitions = DashboardDefinitions(reading: folder.dashboardSources())
        var problems = contracts.problems.map(\.description) + definitions.mistakes.map(\.error.description)
        var charts: [(chart: Chart, columns: Set<SourceReference>)] = []
        for chart in definitions.charts {
            guard let dataset = definitions.datasets.first(where: { $0.name == chart.dataset }) else { continue }
            do throws(SQLError) {
                let columns = try Self.columns(of: chart, dataset)
                charts.append(
                    (
                        Chart(
                            name: chart.name, title: chart.title,
                            dashboards: definitions.dashboards.filter { $0.charts.contains(chart.name) }.map(\.name),
                            columns: columns.map(\.description).sorted()), columns
                    ))
            } catch {
                problems.append(
                    chart.place.error("The chart \(chart.name) cannot be followed: \(error.message)").description)
            }
        }
        self.problems = problems
        self.fields = fields
        self.charts = charts
    }

    /// The fields that `columns` are made of, in their order.
    func fields(of columns: [SourceReference]) -> [Field] { columns.compactMap { fields[$0] } }

    /// The charts that take one of `columns`.
    func charts(of columns: [SourceReference]) -> [Chart] {
        let wanted = Set(columns)
        return charts.filter { !$0.columns.isDisjoint(with: wanted) }.map(\.chart)
    }

    /// The columns that a chart's metrics, dimensions, filters and time are made of: those of a query of them.
    private static func columns(
        of chart: ChartDefinition, _ dataset: DatasetDefinition
    ) throws(SQLError) -> Set<SourceReference> {
        var texts = chart.names.compactMap { name in
            dataset.metric(name)?.expression ?? dataset.dimension(name)?.expression
        }
        if let time = dataset.timeColumn { texts.append(QualifiedName(time.name).description) }
        var found: Set<SourceReference> = []
        let table = TableReference(name: QualifiedName(dataset.schema, dataset.relation))
        for text in texts {
            let expression = try parseExpression(text, dialect: .postgres)
            let query = Query(
                body: .select(Select(items: [SelectItem(value: expression)], from: [FromItem(relation: .table(table))]))
            )
            let lineage = try query.lineage(in: SchemaCatalog(dialect: .postgres))
            found.formUnion(lineage.columns.flatMap(\.sources).map(\.column) + lineage.filters)
        }
        return found
    }
}
